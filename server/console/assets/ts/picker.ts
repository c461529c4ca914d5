// Replies and macros, picked without leaving the keyboard: a semicolon, or a slash
// at the beginning of a line, and some letters of the name.

import { insert } from "./composer";

interface Canned {
  id: string;
  kind: "reply" | "macro";
  name: string;
  text: string;
  short: string;
  note?: boolean;
  then?: string;
}

let all: Canned[] | undefined;
let shown: Canned[] = [];
let at = 0;

function area(): HTMLTextAreaElement | null {
  return document.querySelector("#composer-text");
}

function list(): HTMLElement | null {
  return document.getElementById("composer-picker");
}

// asked returns what has been typed to pick by, and where it begins.
function asked(box: HTMLTextAreaElement): { from: number; text: string } | undefined {
  if (box.selectionStart !== box.selectionEnd) return undefined;
  const before = box.value.slice(0, box.selectionStart);
  const m = /(?:^|\s)(;)([^\s;][^\n;]{0,40}|)$/.exec(before) ?? /(?:^|\n)(\/)([^\s/][^\n/]{0,40}|)$/.exec(before);
  if (!m) return undefined;
  const text = m[2] ?? "";
  return { from: before.length - text.length - 1, text };
}

function fold(s: string): string {
  return s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

async function load(): Promise<Canned[]> {
  if (all) return all;
  const path = document.querySelector<HTMLElement>("form[data-keep]")?.dataset.keep;
  const answer = await fetch(`${path}/replies`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  all = answer.ok ? ((await answer.json()) as Canned[]) : [];
  return all;
}

function close(): void {
  const el = list();
  if (el) el.hidden = true;
  shown = [];
  const box = area();
  box?.removeAttribute("aria-activedescendant");
  box?.removeAttribute("aria-controls");
}

function open(): boolean {
  return list()?.hidden === false;
}

function draw(): void {
  const el = list();
  const box = area();
  if (!el || !box) return;
  el.hidden = false;
  box.setAttribute("aria-controls", el.id);
  if (shown.length === 0) {
    const none = document.createElement("p");
    none.className = "muted picker-none";
    none.textContent = all?.length ? "No reply or macro has that in its name." : "There are no replies or macros yet. A manager writes them in the administration.";
    el.replaceChildren(none);
    box.removeAttribute("aria-activedescendant");
    return;
  }
  el.replaceChildren(
    ...shown.map((c, i) => {
      const row = document.createElement("div");
      row.id = `pick-${i}`;
      row.className = "pick";
      row.dataset.pick = String(i);
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(i === at));
      const name = document.createElement("bdi");
      name.className = "pick-name";
      name.textContent = c.name;
      const more = document.createElement("bdi");
      more.className = "pick-more";
      more.textContent = c.kind === "macro" ? [c.then, c.short].filter(Boolean).join(" · ") : c.short;
      row.append(name, more);
      return row;
    }),
  );
  box.setAttribute("aria-activedescendant", `pick-${at}`);
  document.getElementById(`pick-${at}`)?.scrollIntoView({ block: "nearest" });
}

async function look(): Promise<void> {
  const box = area();
  const q = box && asked(box);
  if (!q) {
    close();
    return;
  }
  const words = fold(q.text).split(/\s+/).filter(Boolean);
  const every = await load();
  const still = asked(box);
  if (!still || still.text !== q.text) return; // typed on meanwhile
  if (words.length === 0 && q.text === "" && box.value[q.from] === "/" && every.length === 0) return;
  shown = every.filter((c) => words.every((w) => fold(c.name).includes(w))).slice(0, 8);
  if (shown.length === 0 && q.text.length > 12) {
    close();
    return;
  }
  at = 0;
  draw();
}

// pick puts a reply into the box; a macro says beside it what else it does.
function pick(c: Canned, now: boolean): void {
  const box = area();
  const q = box && asked(box);
  if (!box || !q) return;
  close();
  insert(c.text, q.from);
  const then = document.getElementById("composer-then");
  if (c.kind === "macro" && then) {
    if (c.note) {
      const note = document.querySelector<HTMLInputElement>("#composer input[data-mode=note]");
      if (note) note.checked = true;
    }
    const word = document.createElement("span");
    word.textContent = c.then ?? "";
    const id = document.createElement("input");
    id.type = "hidden";
    id.name = "macro";
    id.value = c.id;
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "quiet";
    drop.dataset.dropMacro = "";
    drop.textContent = "×";
    drop.setAttribute("aria-label", "Send the words alone");
    then.replaceChildren(word, id, drop);
    then.hidden = false;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (now) box.form?.requestSubmit();
  }
}

export function beginPicker(): void {
  document.addEventListener("input", (e) => {
    if (e.target === area()) void look();
  });
  document.addEventListener(
    "keydown",
    (e) => {
      if (e.target !== area() || !open()) return;
      const chosen = shown[at];
      if (e.key === "Escape") close();
      else if (e.key === "ArrowDown" && shown.length > 0) at = (at + 1) % shown.length;
      else if (e.key === "ArrowUp" && shown.length > 0) at = (at + shown.length - 1) % shown.length;
      else if ((e.key === "Enter" || e.key === "Tab") && chosen && !e.shiftKey) pick(chosen, e.ctrlKey || e.metaKey);
      else return;
      e.preventDefault();
      e.stopPropagation();
      if (open()) draw();
    },
    true,
  );
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const row = e.target.closest<HTMLElement>("[data-pick]");
    if (row?.closest("#composer-picker")) {
      const c = shown[Number(row.dataset.pick)];
      if (c) pick(c, false);
      return;
    }
    if (e.target.closest("button[data-pick]")) {
      const box = area();
      if (!box) return;
      const before = box.value.slice(0, box.selectionStart);
      insert(before === "" || /\s$/.test(before) ? ";" : " ;");
      return;
    }
    if (open() && e.target !== area()) close();
  });
}
