// Articles that may answer what somebody writes to their help desk, while they do.

import { fetchParts } from "./swap";

const pause = 600;

export function beginSuggest(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-suggest]");
  if (!form) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = "";
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const text = (name: string): string => (form.elements.namedItem(name) as HTMLInputElement | null)?.value ?? "";
      const values = { title: text("title"), body: text("body") };
      const now = `${values.title}\n${values.body}`.trim();
      if (now === asked || (now.length < 8 && asked === "")) return;
      asked = now;
      void fetchParts(form.dataset.suggest ?? "", values).catch(() => undefined); // without the network there are none
    }, pause);
  });
}
