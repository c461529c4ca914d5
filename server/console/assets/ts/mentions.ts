// Naming colleagues in a note: an @ and some letters of a name, picked by key.

import { fold } from "./palette";

interface Name {
  id: string;
  name: string;
}

let all: Name[] | undefined;
let shown: Name[] = [];
let at = 0;
let stamp = 0;

const most = 8;

function box(t: EventTarget | null): HTMLTextAreaElement | null {
  return t instanceof HTMLTextAreaElement && (t.matches("#composer-text") || t.matches("#hand-note")) ? t : null;
}

// internal reports whether what is written is for the staff: requesters are not to
// be shown who works here.
function internal(area: HTMLTextAreaElement): boolean {
  if (area.id === "hand-note") return true;
  return document.querySelector<HTMLInputElement>("#composer input[data-mode]:checked")?.dataset.mode === "note";
}

function list(): HTMLElement {
  let el = document.getElementById("mentions");
  if (!el) {
    el = document.createElement("ul");
    el.id = "mentions";
    el.className = "mentions";
    el.setAttribute("role", "listbox");
    el.setAttribute("aria-label", "Colleagues");
    el.hidden = true;
  }
  return el;
}

function asked(area: HTMLTextAreaElement): { from: number; text: string } | undefined {
  if (area.selectionStart !== area.selectionEnd) return undefined;
  const m = /(?:^|[\s(])@([^\s@][^@\n]{0,30}|)$/.exec(area.value.slice(0, area.selectionStart));
  const text = m?.[1];
  return text === undefined ? undefined : { from: area.selectionStart - text.length - 1, text };
}

function close(area: HTMLTextAreaElement | null): void {
  list().hidden = true;
  shown = [];
  area?.removeAttribute("aria-activedescendant");
  area?.removeAttribute("aria-controls");
}

async function names(): Promise<Name[]> {
  if (!all) {
    const answer = await fetch("/staff", { headers: { Accept: "application/json" }, credentials: "same-origin" });
    all = answer.ok ? ((await answer.json()) as Name[]) : [];
  }
  return all;
}

async function offer(area: HTMLTextAreaElement): Promise<void> {
  const me = ++stamp;
  if (!asked(area) || !internal(area)) {
    close(area);
    return;
  }
  const staff = await names();
  const what = asked(area);
  if (me !== stamp || !what || document.activeElement !== area) return;
  const words = fold(what.text);
  shown = staff.filter((p) => fold(p.name).split(/\s+/).some((w) => w.startsWith(words)) || fold(p.name).startsWith(words)).slice(0, most);
  at = 0;
  if (shown.length === 0) {
    close(area);
    return;
  }
  const ul = list();
  if (ul.previousElementSibling !== area) area.after(ul);
  ul.hidden = false;
  area.setAttribute("aria-controls", "mentions");
  ul.replaceChildren(
    ...shown.map((p, i) => {
      const li = document.createElement("li");
      li.id = `mention-${i}`;
      li.setAttribute("role", "option");
      const name = document.createElement("bdi");
      name.textContent = p.name;
      li.append(name);
      li.addEventListener("mousedown", (e) => e.preventDefault());
      li.addEventListener("click", () => pick(area, i));
      return li;
    }),
  );
  mark(area);
}

function mark(area: HTMLTextAreaElement): void {
  list()
    .querySelectorAll("li")
    .forEach((li, i) => li.setAttribute("aria-selected", String(i === at)));
  area.setAttribute("aria-activedescendant", `mention-${at}`);
}

function pick(area: HTMLTextAreaElement, i: number): void {
  const what = asked(area);
  const who = shown[i];
  close(area);
  if (!what || !who) return;
  area.setRangeText(`@${who.name} `, what.from, area.selectionStart, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  stamp++;
}

export function beginMentions(): void {
  document.addEventListener("input", (e) => {
    const area = box(e.target);
    if (area) void offer(area);
  });
  document.addEventListener("focusout", (e) => close(box(e.target)));
  document.addEventListener(
    "keydown",
    (e) => {
      const area = box(e.target);
      if (!area || shown.length === 0 || e.isComposing || e.ctrlKey || e.metaKey) return;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") at = (at + (e.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
      else if (e.key === "Enter" || e.key === "Tab") pick(area, at);
      else if (e.key === "Escape") close(area);
      else return;
      e.preventDefault();
      e.stopPropagation();
      if (shown.length > 0) mark(area);
    },
    true,
  );
}
