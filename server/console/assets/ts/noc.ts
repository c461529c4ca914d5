// The figures and lists beside the wall, and the card of the chosen endpoint.

import htmx from "../vendor/htmx/htmx.esm.js";
import { beginChime } from "./chime";
import { gather } from "./live";
import { fetchParts } from "./swap";

export function beginNOC(): void {
  const page = document.querySelector<HTMLElement>("[data-noc]");
  if (!page) return;
  beginChime();
  let shown = "";
  const figures = gather(async () => {
    await fetchParts(page.dataset.noc ?? "/noc/now");
    document.dispatchEvent(new CustomEvent("noc:fresh"));
  }, 3_000);
  const card = gather(async () => {
    if (shown !== "" && !document.getElementById("drawer")?.hidden) await show(shown);
  }, 2_000);
  const show = (id: string): Promise<void> => htmx.ajax("GET", `/endpoints/${encodeURIComponent(id)}/card`, { source: "#drawer-body", target: "#drawer-body", swap: "innerMorph" }) as Promise<void>;
  document.addEventListener("noc:card", (e) => {
    shown = (e as CustomEvent<string>).detail;
    void show(shown);
  });
  document.addEventListener("noc:changed", () => {
    figures();
    card();
  });
  document.addEventListener("live:ticket", figures);
  document.addEventListener("live:alert", figures);
  document.addEventListener("live:incident", figures);
  document.addEventListener("live:back", figures);
  setInterval(figures, page.dataset.tv === undefined ? 60_000 : 15_000);
}
