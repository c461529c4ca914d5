// A question to the fleet: the counts follow the answers, the list of machines changes
// only when somebody asks for it.

import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

export function beginSurvey(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-survey]");
  if (!page) return;
  const path = page.dataset.path ?? "";
  const list = (): HTMLElement | null => document.getElementById("survey-list");
  // Whoever points at an answer finds it there when they click.
  const pointed = (): boolean => document.querySelector(".survey-groups:hover") !== null;
  let owed = false;
  const counts = gather(
    async () => {
      if (pointed()) {
        owed = true;
        return;
      }
      owed = false;
      await fetchParts(`${path}?part=counts&seen=${list()?.dataset.seen ?? "0"}`);
    },
    50,
    500,
  );
  document.addEventListener("pointermove", () => {
    if (owed && !pointed()) counts();
  });
  live.on("survey", (_, id) => {
    if (id === page.dataset.survey) counts();
  });
  live.back(counts);
  counts(); // what came before anybody listened
  document.addEventListener("click", (e) => {
    const more = e.target instanceof Element ? e.target.closest("[data-survey-more]") : null;
    const address = list()?.dataset.list;
    if (!more || !address) return;
    e.preventDefault();
    void fetchParts(`${address}${address.includes("?") ? "&" : "?"}part=list`);
  });
}
