// The portal: an employee's own tickets and the check-up of their machine.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginPortal(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-portal]");
  if (!page) return;
  const path = page.dataset.portal ?? "";
  if (path !== "") {
    const refresh = gather(() => fetchParts(path), 150);
    live.on("ticket", (_, id) => {
      if (!page.dataset.id || page.dataset.id === id) refresh();
    });
    live.on("announcement", refresh);
    live.back(refresh);
  }
  // The check-up begins by itself while somebody writes, as in the tray's window.
  const start = page.dataset.check;
  if (start) void fetchParts(start, {});
}
