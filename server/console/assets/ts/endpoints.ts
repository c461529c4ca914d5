// Endpoints: rows and heads are brought up to date while they are looked at.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

interface Change {
  id: string;
}

export function beginEndpoints(live: Live): void {
  if (document.querySelector("[data-endpoints]")) list(live);
  const page = document.querySelector<HTMLElement>("[data-endpoint][data-path]");
  if (page && !page.dataset.ticket) one(live, page);
}

function list(live: Live): void {
  const changed = new Set<string>();
  const refresh = gather(async () => {
    const ids = [...changed].slice(0, 100);
    ids.forEach((id) => changed.delete(id));
    if (ids.length === 0) return;
    await fetchParts(`/endpoints/rows?${new URLSearchParams(ids.map((id) => ["id", id]))}`);
  }, 1_000);
  live.on("endpoint", (data) => {
    for (const c of data as Change[]) if (document.getElementById(`e-${c.id}`)) changed.add(c.id);
    if (changed.size > 0) refresh();
  });
  live.on("ticket", (data) => {
    const id = (data as { endpoint?: string }).endpoint;
    if (id && document.getElementById(`e-${id}`)) {
      changed.add(id);
      refresh();
    }
  });
  live.back(() => {
    for (const row of document.querySelectorAll<HTMLElement>("[data-endpoint-row]")) changed.add(row.dataset.endpointRow ?? "");
    refresh();
  });
}

function one(live: Live, page: HTMLElement): void {
  const refresh = gather(() => fetchParts(location.pathname + location.search), 1_000);
  live.on("endpoint", (data) => {
    if ((data as Change[]).some((c) => c.id === page.dataset.endpoint)) refresh();
  });
  live.on("ticket", (data) => {
    if ((data as { endpoint?: string }).endpoint === page.dataset.endpoint) refresh();
  });
  live.back(refresh);
}
