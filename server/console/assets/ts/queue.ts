// The queue: rows move by keyboard, change in place, and new ones are announced.

import { key } from "./keys";
import { gather, type Live } from "./live";
import { fetchParts } from "./swap";

interface TicketEvent {
  number: number;
}

function rows(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>("[data-row]"));
}

function link(row: HTMLElement): HTMLAnchorElement | null {
  return row.querySelector("a.row-title");
}

function current(): HTMLElement | undefined {
  return rows().find((r) => r.dataset.now !== undefined);
}

function choose(row: HTMLElement | undefined): boolean {
  if (!row) return false;
  link(row)?.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

function move(by: number): boolean {
  const list = rows();
  const at = list.findIndex((r) => r.dataset.now !== undefined);
  if (by > 0 && at === list.length - 1) {
    document.querySelector<HTMLAnchorElement>(".rows .more a")?.click();
    return true;
  }
  return choose(list[at < 0 ? 0 : Math.max(0, at + by)]);
}

function take(row: HTMLElement | undefined): boolean {
  const n = row?.dataset.number;
  if (!row || !n) return false;
  void fetchParts(`/tickets/${n}/take`, { version: row.dataset.version ?? "", from: "queue", view: document.querySelector<HTMLElement>("[data-queue]")?.dataset.view ?? "" });
  return true;
}

// beginRows lets any list of rows be worked with the keyboard.
export function beginRows(): void {
  document.addEventListener("focusin", (e) => {
    if (!(e.target instanceof Element) || !e.target.matches("a.row-title")) return;
    const row = e.target.closest<HTMLElement>("[data-row]");
    if (!row) return;
    for (const r of rows()) if (r !== row) delete r.dataset.now;
    row.dataset.now = "";
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const row = e.target.closest<HTMLElement>("[data-row]");
    if (row && !e.target.closest("a, button, summary, input, select") && !getSelection()?.toString()) choose(row);
  });
  document.addEventListener("dblclick", (e) => {
    const row = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-row]") : null;
    if (row && !(e.target as Element).closest("a")) link(row)?.click();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" || e.isComposing || !(e.target instanceof Element) || !e.target.matches("[data-search]")) return;
    if (choose(rows()[0])) e.preventDefault(); // from the words down into what they found
  });
  key("j", () => move(1));
  key("k", () => move(-1));
  key("o", () => {
    const row = current();
    if (row) link(row)?.click();
    return row !== undefined;
  });
}

export function beginQueue(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-queue]");
  if (!page) return;
  document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); // of many
  const changed = new Set<string>();
  const news = new Set<string>();
  const refresh = gather(async () => {
    const q = new URLSearchParams({ view: page.dataset.view ?? "", q: search(), sort: order() });
    for (const n of changed) q.append("n", n);
    changed.clear();
    for (const n of news) if (document.getElementById(`t-${n}`)) news.delete(n);
    for (const n of [...news].slice(-60)) q.append("new", n);
    const empty = rows().length === 0 && search() === "";
    await fetchParts(empty ? location.pathname + location.search : `/queue/changes?${q}`);
    if (empty) news.clear();
    title();
  }, 120, 850); // the counts beside the list are right within a second

  function search(): string {
    return document.querySelector<HTMLInputElement>("#search")?.value ?? "";
  }

  function order(): string {
    return document.querySelector<HTMLSelectElement>("#sort")?.value ?? "";
  }

  const plain = document.title;
  function title(): void {
    const n = document.querySelector("#news [data-news]") ? news.size : 0;
    document.title = n > 0 ? `(${n}) ${plain}` : plain;
  }

  live.on("ticket", (data) => {
    const n = String((data as TicketEvent).number);
    if (document.getElementById(`t-${n}`)) changed.add(n);
    else news.add(n);
    refresh();
  });
  live.back(refresh);
  // Some counts change as time goes by, and nothing tells of that.
  setInterval(() => {
    if (document.visibilityState === "visible") refresh();
  }, 30_000);
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    if (e.target.closest("[data-news]")) {
      news.clear();
      setTimeout(title, 300);
    }
    const button = e.target.closest<HTMLElement>("[data-take]");
    if (button?.dataset.take) take(document.getElementById(`t-${button.dataset.take}`) ?? undefined);
  });
  key("t", () => take(current()));
  key("Escape", () => {
    const row = current();
    if (row) {
      delete row.dataset.now;
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    }
    return true;
  });
}
