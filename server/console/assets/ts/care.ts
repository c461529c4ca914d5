// Alerts are chosen as tickets are in the queue, with x, shift and the boxes, and what
// is done with them stands in a bar below the list.

import { key } from "./keys";
import { fetchParts, onContent, say } from "./swap";

const chosen = new Set<string>();
let last = ""; // what was chosen last, where a range begins

function rows(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>("[data-alert]"));
}

function idOf(row: HTMLElement): string {
  return row.dataset.alert ?? "";
}

// show brings boxes and bar in line with what is chosen. What is over is chosen no more.
function show(form: HTMLFormElement): void {
  const list = rows();
  const there = new Set(list.map(idOf));
  for (const id of chosen) if (!there.has(id)) chosen.delete(id);
  for (const row of list) {
    const on = chosen.has(idOf(row));
    row.toggleAttribute("data-chosen", on);
    const box = row.querySelector<HTMLInputElement>("[data-pick]");
    if (box) box.checked = on;
  }
  form.hidden = chosen.size === 0;
  const count = form.querySelector("[data-care-count]");
  if (count) count.textContent = `${chosen.size} chosen`;
}

function toggle(form: HTMLFormElement, row: HTMLElement, range: boolean): void {
  const list = rows();
  const on = !chosen.has(idOf(row));
  const from = list.findIndex((r) => idOf(r) === last);
  const to = list.indexOf(row);
  const which = range && from >= 0 ? list.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  for (const r of which) {
    if (on || which.length > 1) chosen.add(idOf(r));
    else chosen.delete(idOf(r));
  }
  last = idOf(row);
  show(form);
}

async function send(form: HTMLFormElement, values: Record<string, string>): Promise<void> {
  try {
    await fetchParts("/noc/alerts/care", values);
    chosen.clear();
    last = "";
    const note = form.querySelector<HTMLInputElement>("[name=note]");
    if (note) note.value = "";
    show(form);
  } catch {
    say("critical", "Not sent: the server cannot be reached. Nothing was changed; try again.");
  }
}

export function beginCare(): void {
  const form = document.querySelector<HTMLFormElement>("[data-care]");
  if (!form) return;
  const fields = (): void => {
    const verb = form.querySelector<HTMLSelectElement>("[name=do]")?.value ?? "";
    for (const f of form.querySelectorAll<HTMLElement>("[data-for]")) f.hidden = f.dataset.for !== verb;
    const note = form.querySelector<HTMLInputElement>("[name=note]");
    if (note) note.required = verb === "note";
  };
  fields();
  form.addEventListener("change", fields);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value;
    values.alerts = Array.from(chosen).join("\n");
    void send(form, values);
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    if (e.target.closest("[data-care-none]")) {
      chosen.clear();
      show(form);
    }
    const row = e.target.closest<HTMLElement>("[data-alert]");
    if (row && e.target.matches("[data-pick]")) toggle(form, row, e.shiftKey);
  });
  const current = (): HTMLElement | undefined => rows().find((r) => r.dataset.now !== undefined);
  const pick = (range: boolean) => (): boolean => {
    const row = current();
    if (row) toggle(form, row, range);
    return row !== undefined;
  };
  key("x", pick(false));
  key("X", pick(true));
  key("b", () => {
    if (form.hidden) return false;
    form.querySelector<HTMLElement>("[name=do]")?.focus();
    return true;
  });
  key(
    "a",
    () => {
      const row = current();
      const alerts = chosen.size > 0 ? Array.from(chosen) : row ? [idOf(row)] : [];
      if (alerts.length === 0) return false;
      void send(form, { do: "acknowledge", alerts: alerts.join("\n") });
      return true;
    },
    "Acknowledge the chosen alerts, or this one",
    "Lists",
  );
  onContent(() => show(form));
}
