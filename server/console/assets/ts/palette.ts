// The command palette: Ctrl+K, some letters, Enter. It leads to places, views,
// tickets, endpoints and people, and does what this page can do, by its name.

import { caps, pageKeys, places, showKeys } from "./keys";

interface Item {
  what: string;
  hint: string;
  keys: string[];
  run: () => void;
}

interface Found {
  kind: string;
  title: string;
  hint: string;
  path: string;
}

let items: Item[] = [];
let at = 0;
let asked: AbortController | undefined;
let back: HTMLElement | undefined;

function dialog(): HTMLDialogElement | null {
  const d = document.getElementById("palette");
  return d instanceof HTMLDialogElement ? d : null;
}

function box(): HTMLInputElement | null {
  return document.querySelector("#palette-text");
}

export function fold(s: string): string {
  return s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function go(path: string): () => void {
  return () => location.assign(path);
}

function name(el: HTMLElement): string {
  const copy = el.cloneNode(true) as HTMLElement;
  for (const out of copy.querySelectorAll(".sr, kbd, svg, .count")) out.remove();
  return (el.getAttribute("aria-label") ?? copy.textContent ?? "").replace(/\s+/g, " ").trim();
}

// actions are what can be done on this page: by key, or by a button that is seen.
function actions(): Item[] {
  const out: Item[] = [];
  const seen = new Set<string>();
  const add = (item: Item): void => {
    if (item.what === "" || seen.has(fold(item.what))) return;
    seen.add(fold(item.what));
    out.push(item);
  };
  for (const b of pageKeys()) if (b.key !== "?") add({ what: b.what, hint: b.group, keys: [b.key], run: () => void b.run() });
  for (const el of document.querySelectorAll<HTMLElement>("#main :is(button.button, a.button, summary.button, button[data-action])")) {
    if (el.closest("dialog, details.menu:not([open]) .menu-body, .row") || !el.checkVisibility() || (el instanceof HTMLButtonElement && el.disabled)) continue;
    add({ what: name(el), hint: "This page", keys: el.dataset.key ? [el.dataset.key] : [], run: () => el.click() });
  }
  add({ what: "Keys", hint: "Everywhere", keys: ["?"], run: () => void showKeys() });
  return out;
}

function whereto(): Item[] {
  const out: Item[] = places().map((p) => ({ what: p.what, hint: "Go to", keys: p.letter ? ["g", p.letter] : [], run: go(p.path) }));
  for (const a of document.querySelectorAll<HTMLAnchorElement>("#views a[href], nav.tabs a[href]")) {
    const what = name(a);
    if (what && !out.some((i) => i.what === what)) out.push({ what, hint: a.closest("#views") ? "View" : "Go to", keys: [], run: go(a.getAttribute("href") ?? "/") });
  }
  return out;
}

function fits(item: Item, words: string[]): boolean {
  const text = fold(`${item.what} ${item.hint}`);
  return words.every((w) => text.includes(w));
}

function show(list: Item[]): void {
  items = list;
  at = 0;
  const ul = document.getElementById("palette-list");
  const none = document.getElementById("palette-none");
  if (!ul || !none) return;
  none.hidden = list.length > 0;
  ul.replaceChildren(
    ...list.map((item, i) => {
      const li = document.createElement("li");
      li.id = `palette-${i}`;
      li.setAttribute("role", "option");
      const what = document.createElement("bdi");
      what.className = "palette-what";
      what.textContent = item.what;
      const hint = document.createElement("span");
      hint.className = "palette-hint";
      hint.textContent = item.hint;
      const keys = document.createElement("span");
      keys.className = "palette-keys";
      keys.append(...caps(item.keys));
      li.append(what, hint, keys);
      li.addEventListener("mousedown", (e) => e.preventDefault());
      li.addEventListener("click", () => run(i));
      return li;
    }),
  );
  mark();
}

function mark(): void {
  document.querySelectorAll("#palette-list > li").forEach((li, i) => {
    li.setAttribute("aria-selected", String(i === at));
    if (i === at) li.scrollIntoView({ block: "nearest" });
  });
  if (items.length > 0) box()?.setAttribute("aria-activedescendant", `palette-${at}`);
  else box()?.removeAttribute("aria-activedescendant");
}

function run(i: number): void {
  const item = items[i];
  if (!item) return;
  close();
  item.run();
}

function close(): void {
  asked?.abort();
  dialog()?.close();
}

// refresh shows what fits; what the server has to be asked for comes after it, at the
// end, so that nothing moves under the hand.
async function refresh(): Promise<void> {
  const text = box()?.value.trim() ?? "";
  const words = fold(text).split(/\s+/).filter(Boolean);
  const here = [...actions(), ...whereto()].filter((i) => fits(i, words));
  const number = /^#?(\d{1,12})$/.exec(text)?.[1];
  const list = text === "" ? here.slice(0, 60) : here.slice(0, 12);
  if (number) list.unshift({ what: `Ticket ${number}`, hint: "Go to", keys: [], run: go(`/tickets/${number}`) });
  if (text !== "") list.push({ what: `Search the tickets for “${text}”`, hint: "Search", keys: [], run: go(`/?view=all&q=${encodeURIComponent(text)}`) });
  show(list);
  asked?.abort();
  if (text.length < 2) return;
  const me = (asked = new AbortController());
  try {
    const answer = await fetch(`/palette?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: me.signal });
    if (!answer.ok) return;
    const found = (await answer.json()) as Found[];
    if (me.signal.aborted || found.length === 0) return;
    const keep = at;
    const more = found.map((f) => ({ what: f.title, hint: `${f.kind}${f.hint ? " · " + f.hint : ""}`, keys: [], run: go(f.path) }));
    show([...items, ...more]);
    at = Math.min(keep, items.length - 1);
    mark();
  } catch {
    // another letter was typed, or the server is away: what is here is shown
  }
}

export function openPalette(): void {
  const d = dialog();
  const input = box();
  if (!d || !input || d.open) return;
  document.querySelector<HTMLDialogElement>("dialog[open]")?.close();
  back = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
  input.value = "";
  d.showModal();
  input.focus();
  void refresh();
}

export function beginPalette(): void {
  const d = dialog();
  const input = box();
  if (!d || !input) return;
  document.addEventListener("keydown", (e) => {
    if (e.isComposing || e.key.toLowerCase() !== "k" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey) return;
    e.preventDefault();
    if (d.open) close();
    else openPalette();
  });
  document.addEventListener("click", (e) => {
    if (e.target instanceof Element && e.target.closest("[data-palette]")) openPalette();
    if (e.target === d) close(); // beside it
  });
  d.addEventListener("close", () => {
    if (document.activeElement === document.body || d.contains(document.activeElement)) back?.focus({ preventScroll: true });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void refresh();
    }, 60);
  });
  input.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[e.key];
    if (by !== undefined && items.length > 0) {
      e.preventDefault();
      at = Math.abs(by) === 1 ? (at + by + items.length) % items.length : Math.min(items.length - 1, Math.max(0, at + by));
      mark();
    }
    if (e.key === "Enter" && !e.isComposing) {
      e.preventDefault();
      if (timer !== undefined) {
        clearTimeout(timer);
        timer = undefined;
        void refresh(); // what fits is known at once; the server's answer is not waited for
      }
      run(at);
    }
  });
}
