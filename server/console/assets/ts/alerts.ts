// Alerts: the list is brought up to date while it is looked at.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginAlerts(live: Live): void {
  if (!document.querySelector("[data-alerts]")) return;
  const refresh = gather(() => fetchParts("/noc/alerts"), 1_000);
  live.on("alert", refresh);
  live.on("incident", refresh);
  live.back(refresh);
  setInterval(refresh, 60_000); // that a silence ends soon comes with the time alone
}
