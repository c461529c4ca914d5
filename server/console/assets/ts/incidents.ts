// Major incidents: what is proposed and what has come of it is brought up to date while it
// is looked at. Tickets tell of themselves, and the incident of what it is made of.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginIncidents(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-incidents]");
  if (!page) return;
  const refresh = gather(() => fetchParts(page.dataset.incidents ?? ""), 500);
  live.on("incident", refresh);
  live.on("announcement", refresh);
  live.back(refresh);
  setInterval(refresh, 60_000); // what is watched tells nobody
}
