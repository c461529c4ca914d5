// Answers of several machines side by side: each time one is whole, the table is made anew.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginCompare(live: Live): void {
  const path = document.querySelector<HTMLElement>("[data-compare]")?.dataset.compare;
  if (!path) return;
  const again = gather(() => fetchParts(path), 50, 300);
  live.on("ask", (data) => {
    if ((data as { state: string }).state !== "running") again();
  });
  live.back(again);
  again(); // what came before anybody listened
  setTimeout(again, 600);
}
