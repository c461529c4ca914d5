// The figures and lists beside the wall, and the card of the chosen endpoint.

import htmx from "../vendor/htmx/htmx.esm.js";
import { gather } from "./live";
import { fetchParts } from "./swap";

export function beginNOC(): void {
  if (!document.querySelector("[data-noc]")) return;
  let shown = "";
  const figures = gather(() => fetchParts("/noc/now"), 3_000);
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
  setInterval(figures, 60_000);
}
