// Many tickets at once: they are chosen with x, shift and the boxes, and changed from
// a bar below the list, after a look at what would happen.

import { key } from "./keys";
import { onContent, fetchParts, say } from "./swap";

const chosen = new Map<string, string>(); // number to the version that was seen
let last = ""; // the row that was chosen last, where a range begins

function rows(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>("[data-row]"));
}

function bar(): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>("[data-bulk]");
}

function set(row: HTMLElement, on: boolean): void {
  const n = row.dataset.number ?? "";
  if (on) chosen.set(n, chosen.get(n) ?? row.dataset.version ?? "0");
  else chosen.delete(n);
}

// show brings boxes and bar in line with what is chosen.
function show(): void {
  for (const row of rows()) {
    const on = chosen.has(row.dataset.number ?? "");
    row.toggleAttribute("data-chosen", on);
    const box = row.querySelector<HTMLInputElement>("[data-pick]");
    if (box) box.checked = on;
  }
  const form = bar();
  if (!form) return;
  form.hidden = chosen.size === 0;
  const count = form.querySelector("[data-bulk-count]");
  if (count) count.textContent = `${chosen.size} chosen`;
  const field = form.elements.namedItem("tickets");
  if (field instanceof HTMLInputElement) field.value = Array.from(chosen, ([n, v]) => `${n}:${v}`).join(",");
}

function forget(): void {
  const form = bar();
  form?.querySelector("#bulk-result")?.replaceChildren();
}

function toggle(row: HTMLElement, range: boolean): void {
  const list = rows();
  const on = !chosen.has(row.dataset.number ?? "");
  const from = list.findIndex((r) => r.dataset.number === last);
  const to = list.indexOf(row);
  if (range && from >= 0) for (const r of list.slice(Math.min(from, to), Math.max(from, to) + 1)) set(r, true);
  else set(row, on);
  last = row.dataset.number ?? "";
  forget();
  show();
}

function none(): void {
  chosen.clear();
  last = "";
  forget();
  show();
}

// fields shows those that go with what is to be done.
function fields(form: HTMLFormElement): void {
  const verb = form.querySelector<HTMLSelectElement>("[name=do]")?.value ?? "";
  for (const f of form.querySelectorAll<HTMLElement>("[data-for]")) f.hidden = !(f.dataset.for ?? "").split(" ").includes(verb);
  const text = form.querySelector<HTMLInputElement>("[name=text]");
  if (text) text.placeholder = verb === "resolve" ? "What solved it" : "Why";
}

async function send(form: HTMLFormElement, go: boolean): Promise<void> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") values[name] = value;
  if (go) values.go = "1";
  await fetchParts("/queue/bulk", values);
  if (form.querySelector("[data-bulk-done]")) none();
  else form.querySelector<HTMLElement>(go ? "[data-bulk-preview]" : "[data-bulk-go]")?.focus();
}

export function beginBulk(): void {
  const form = bar();
  if (!form) return;
  fields(form);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const button = (e as SubmitEvent).submitter;
    send(form, button?.hasAttribute("data-bulk-go") ?? false).catch(() => say("critical", "Not sent: the server cannot be reached. Nothing was changed; try again."));
  });
  const other = (): void => {
    fields(form);
    forget();
  };
  form.addEventListener("input", other);
  form.addEventListener("change", other);
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    if (e.target.closest("[data-bulk-none]")) none();
    const row = e.target.closest<HTMLElement>("[data-row]");
    if (!row) return;
    if (e.target.matches("[data-pick]")) toggle(row, e.shiftKey);
    else if (e.shiftKey && !e.target.closest("a, button")) {
      getSelection()?.removeAllRanges();
      toggle(row, true);
    }
  });
  const pick = (range: boolean) => (): boolean => {
    const row = rows().find((r) => r.dataset.now !== undefined);
    if (row) toggle(row, range);
    return row !== undefined;
  };
  key("x", pick(false));
  key("X", pick(true));
  key("b", () => {
    if (form.hidden) return false;
    form.querySelector<HTMLElement>("[name=do]")?.focus();
    return true;
  });
  // A row that was swapped keeps its box, in the version that was seen.
  onContent(() => show());
}
