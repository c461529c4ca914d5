// Announcements: what is told, and whom it hits, is brought up to date while it is looked at.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginAnnouncements(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-announcements]");
  if (!page) return;
  const refresh = gather(() => fetchParts(page.dataset.announcements ?? ""), 300);
  live.on("announcement", refresh);
  live.back(refresh);
}
