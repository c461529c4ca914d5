// The keyboard. Everything that can be done by a key stands in one registry, which
// the list on “?” and the command palette are made from. Single keys work where
// nobody types, and can be switched off (WCAG 2.1.4); Escape, Ctrl+Enter and Ctrl+K
// work everywhere.

import { onContent } from "./swap";

export type Action = () => boolean | void;

// Binding is a key that does something on this page.
export interface Binding {
  key: string;
  run: Action;
  what: string; // for people; empty: not listed
  group: string;
}

const bindings = new Map<string, Binding>();

// known says what keys do that their programs do not describe themselves.
const known: Record<string, [what: string, group: string]> = {
  j: ["Next row", "Lists"],
  k: ["Previous row", "Lists"],
  o: ["Open the row", "Lists"],
  x: ["Choose the row", "Lists"],
  X: ["Choose up to the row", "Lists"],
  b: ["Change the chosen ones", "Lists"],
  t: ["Take the ticket", "Ticket"],
  r: ["Answer", "Ticket"],
  i: ["Internal note", "Ticket"],
  a: ["Assign", "Ticket"],
  h: ["Hand over", "Ticket"],
  e: ["Escalate", "Ticket"],
  w: ["Watch, or stop watching", "Ticket"],
  u: ["Undo sending", "Ticket"],
  y: ["Accept what is suggested", "Ticket"],
  n: ["Take the next ticket", "Everywhere"],
  "/": ["Search", "Everywhere"],
  "?": ["This list", "Everywhere"],
};

// key lets a key do something on this page. The last one who asks for a key has it.
export function key(name: string, action: Action, what?: string, group?: string): void {
  const [word, of] = known[name] ?? ["", "This page"];
  bindings.set(name, { key: name, run: action, what: what ?? word, group: group ?? of });
}

// pageKeys are the keys of this page that have words.
export function pageKeys(): Binding[] {
  return Array.from(bindings.values()).filter((b) => b.what !== "");
}

export function typing(t: EventTarget | null): boolean {
  if (!(t instanceof HTMLElement)) return false;
  if (t.isContentEditable) return true;
  if (t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement) return true;
  return t instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "file"].includes(t.type);
}

export function keysOff(): boolean {
  return document.documentElement.dataset.keys === "off";
}

// places are where “g” and a letter lead, as far as the navigation has them.
const letters: Record<string, string> = { q: "/", e: "/endpoints", n: "/noc", p: "/people", a: "/articles", r: "/reports", s: "/admin", b: "/notices", m: "/account" };

export interface Place {
  letter: string;
  path: string;
  what: string;
}

export function places(): Place[] {
  const out: Place[] = [];
  for (const a of document.querySelectorAll<HTMLAnchorElement>("header.side a[href]")) {
    const path = a.getAttribute("href") ?? "";
    const letter = Object.keys(letters).find((l) => letters[l] === path) ?? "";
    const what = (a.dataset.name ?? a.querySelector("span:not(.count)")?.textContent ?? "").trim();
    if (what && !a.matches(".brand-link, .me") && !out.some((p) => p.path === path)) out.push({ letter, path, what });
  }
  return out;
}

let going: ReturnType<typeof setTimeout> | undefined;

function leave(): void {
  const open = document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary")?.focus();
    return;
  }
  bindings.get("Escape")?.run();
  if (document.activeElement instanceof HTMLElement && document.activeElement.matches("input[type=search]")) document.activeElement.blur();
  // Who has left a box with Escape does not want to be back in it, whatever comes
  // in by the time the key is up.
  if (document.activeElement === document.body) last = undefined;
}

function element(tag: string, text: string): HTMLElement {
  const el = document.createElement(tag);
  el.textContent = text;
  return el;
}

// caps shows keys as keys.
export function caps(names: string[]): HTMLElement[] {
  return names.map((n) => element("kbd", n));
}

// list shows every key that does something here.
function list(into: HTMLElement): void {
  const groups = new Map<string, [what: string, keys: string[]][]>();
  const put = (group: string, what: string, keys: string[]): void => {
    groups.set(group, [...(groups.get(group) ?? []), [what, keys]]);
  };
  for (const b of pageKeys()) put(b.group, b.what, b.key === "o" ? ["Enter", "o"] : [b.key]);
  put("Everywhere", "Go anywhere, do anything", ["Ctrl", "K"]);
  if (document.querySelector("#composer")) put("Ticket", "Send", ["Ctrl", "Enter"]);
  put("Everywhere", "Close, leave", ["Esc"]);
  for (const p of places()) if (p.letter) put("Go to", p.what, ["g", p.letter]);
  into.replaceChildren();
  for (const name of ["Lists", "Ticket", "This page", "Everywhere", "Go to", ...groups.keys()]) {
    const rows = groups.get(name);
    if (!rows) continue;
    groups.delete(name);
    const section = document.createElement("section");
    const dl = document.createElement("dl");
    dl.className = "keys";
    for (const [what, keys] of rows) {
      const row = document.createElement("div");
      const dd = document.createElement("dd");
      dd.append(...caps(keys));
      row.append(element("dt", what), dd);
      dl.append(row);
    }
    section.append(element("h3", name), dl);
    into.append(section);
  }
}

export function showKeys(): boolean {
  const sheet = document.getElementById("keys");
  if (!(sheet instanceof HTMLDialogElement)) return false;
  if (sheet.open) sheet.close();
  else sheet.showModal();
  return true;
}

// single does what a key does where nobody types. What changes by the sequence “g”
// and a letter is undone after a moment.
function single(e: KeyboardEvent): void {
  if (going !== undefined) {
    clearTimeout(going);
    going = undefined;
    const to = places().find((p) => p.letter === e.key);
    if (to) {
      e.preventDefault();
      location.assign(to.path);
      return;
    }
  }
  if (e.key === "g") {
    going = setTimeout(() => (going = undefined), 1500);
    return;
  }
  const b = bindings.get(e.key);
  if (b && b.run() !== false) e.preventDefault();
}

export function beginKeys(): void {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing) return;
    if (e.key === "Escape") {
      leave();
      return;
    }
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      const form = e.target instanceof HTMLElement ? e.target.closest("form") : null;
      if (form && e.target instanceof HTMLTextAreaElement) {
        e.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (keysOff() || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    if (document.querySelector("dialog[open]") && (e.key !== "?" || !document.querySelector("#keys[open]"))) return;
    single(e);
  });
  key("/", () => {
    const box = document.querySelector<HTMLInputElement>("[data-search]");
    box?.focus();
    box?.select();
    return box !== null;
  });
  key("?", showKeys);
  if (document.getElementById("take-next")) {
    key("n", () => {
      const button = document.getElementById("take-next");
      if (!(button instanceof HTMLButtonElement) || button.disabled) return false;
      button.click();
      return true;
    });
  }
  const sheet = document.getElementById("keys");
  const into = document.getElementById("keys-list");
  if (sheet && into) new MutationObserver(() => sheet.hasAttribute("open") && list(into)).observe(sheet, { attributes: true, attributeFilter: ["open"] });
  keepFocus();
}

// last is where the focus was, and what is around it.
let last: { id: string; around: string[] } | undefined;

// keepFocus gives the focus back when a live update took away what had it: to its
// like with the same id, or else to the nearest thing around it that is still
// there, so that the next Tab goes on from the same place.
function keepFocus(): void {
  document.addEventListener("focusin", (e) => {
    if (!(e.target instanceof HTMLElement)) return;
    const around: string[] = [];
    for (let el = e.target.parentElement; el; el = el.parentElement) if (el.id) around.push(el.id);
    last = { id: e.target.id, around };
  });
  onContent((root) => {
    if (root === document.body || document.activeElement !== document.body || !last) return;
    if (!last.around.some((id) => id === root.id) && !(last.id && root.querySelector(`#${CSS.escape(last.id)}`)) && root.id !== last.id) return;
    const same = last.id ? document.getElementById(last.id) : null;
    if (same) {
      same.focus({ preventScroll: true });
      return;
    }
    for (const id of last.around) {
      const el = document.getElementById(id);
      if (!el || el.id === "main") continue;
      const inside = el.querySelector<HTMLElement>("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
      (inside ?? el).focus({ preventScroll: true });
      return;
    }
  });
}
