// Lists of what is on a machine: a bar above a table filters it as one types, counts
// what is left and copies it; its headings sort it. What the list holds is the
// machine's own text, and stays text.

import { onContent } from "./swap";

interface State {
  column: number;
  down: boolean;
}

const states = new WeakMap<Element, State>();

// said is what came of copying a list: what brings the list up to date does not unsay it.
const said = new WeakMap<Element, string>();

const units: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15, ms: 1, s: 1e3 };

// amount is the number that a text begins with, if it is one and its unit, and else NaN.
export function amount(text: string): number {
  const m = /^(-?[\d.]+)\s*([A-Za-z%]*)(?:\/s)?$/.exec(text.replaceAll(/[,\u00a0\u202f](?=\d{3})/g, ""));
  if (!m) return NaN;
  return Number(m[1]) * (units[m[2] ?? ""] ?? 1);
}

export function compare(a: string, b: string): number {
  const [x, y] = [amount(a), amount(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.localeCompare(b, undefined, { numeric: true, sensitivity: "base" });
}

function rows(list: Element): HTMLTableRowElement[] {
  return Array.from(list.querySelectorAll<HTMLTableRowElement>("table > tbody > tr"));
}

function text(cell: HTMLTableCellElement | undefined): string {
  if (!cell) return "";
  return cell.dataset.sort ?? (cell.querySelector("[data-said]") ?? cell).textContent?.trim() ?? "";
}

function filter(list: Element): void {
  const words = (list.querySelector<HTMLInputElement>("[data-list-filter]")?.value ?? "").toLowerCase().split(/\s+/).filter((w) => w !== "");
  const all = rows(list);
  let left = 0;
  for (const r of all) {
    const has = (r.textContent ?? "").toLowerCase();
    r.hidden = !words.every((w) => has.includes(w));
    if (!r.hidden) left++;
  }
  const count = list.querySelector("[data-list-count]");
  if (count) count.textContent = words.length > 0 ? `${left} of ${all.length}` : String(all.length);
}

function sort(list: Element): void {
  const s = states.get(list);
  const heads = Array.from(list.querySelectorAll<HTMLElement>("thead th"));
  heads.forEach((h, i) => {
    if (s && i === s.column) h.setAttribute("aria-sort", s.down ? "descending" : "ascending");
    else h.removeAttribute("aria-sort");
  });
  const body = list.querySelector("tbody");
  if (!s || !body) return;
  const sorted = rows(list)
    .map((r) => ({ r, key: text(r.cells[s.column]) }))
    .sort((a, b) => (a.key === "" ? 1 : b.key === "" ? -1 : compare(a.key, b.key) * (s.down ? -1 : 1)));
  body.append(...sorted.map((x) => x.r));
}

// inert keeps a spreadsheet from taking a text for a formula.
function inert(s: string): string {
  const one = s.replaceAll(/\s+/g, " ").trim();
  return /^[=+\-@]/.test(one) && Number.isNaN(Number(one)) ? "'" + one : one;
}

async function copy(list: Element): Promise<void> {
  const lines = [list.querySelectorAll<HTMLElement>("thead th"), ...rows(list).filter((r) => !r.hidden).map((r) => r.cells)].map((cells) =>
    Array.from(cells as ArrayLike<HTMLElement>, (c) => inert(c.tagName === "TH" ? (c.textContent ?? "") : ((c.querySelector("[data-said]") ?? c).textContent ?? ""))).join("\t"),
  );
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    said.set(list, "Copied");
  } catch {
    said.set(list, "The browser does not allow it");
  }
  tell(list);
}

function tell(list: Element): void {
  const word = list.querySelector("[data-list-copy] span");
  const words = said.get(list);
  if (word && words) word.textContent = words;
}

export function beginLists(): void {
  document.addEventListener("input", (e) => {
    const field = e.target instanceof Element ? e.target.closest("[data-list-filter]") : null;
    const list = field?.closest("[data-list]");
    if (list) filter(list);
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const list = e.target.closest("[data-list]");
    if (!list) return;
    const button = e.target.closest<HTMLElement>("[data-list-copy], [data-list-sort]");
    if (button?.dataset.listCopy !== undefined) void copy(list);
    if (button?.dataset.listSort !== undefined) {
      const column = Array.from(list.querySelectorAll("thead th")).findIndex((h) => h.contains(button));
      const was = states.get(list);
      states.set(list, { column, down: was?.column === column ? !was.down : false });
      sort(list);
    }
  });
  // A list that was brought up to date stays as somebody has set it.
  onContent(() => {
    for (const list of document.querySelectorAll("[data-list]")) {
      if (states.has(list)) sort(list);
      if (list.querySelector<HTMLInputElement>("[data-list-filter]")?.value) filter(list);
      tell(list);
    }
  });
}
