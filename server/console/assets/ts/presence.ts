// Who is at a ticket now: said by every page that shows one, shown on the ticket
// and in rows of lists.

import type { Live } from "./live";
import { onContent } from "./swap";

interface Person {
  id: string;
  name: string;
  state: "reading" | "writing";
}

interface Here {
  ticket: string;
  people: Person[];
}

const every = 10_000;
const idle = 60_000; // who has not typed for so long reads

const known = new Map<string, Person[]>();

function initials(name: string): string {
  const letters = name.split(/\s+/).map((w) => /[\p{L}\p{N}]/u.exec(w)?.[0]?.toUpperCase() ?? "").filter(Boolean);
  if (letters.length < 2) return letters[0] ?? "?";
  return `${letters[0]}${letters[letters.length - 1]}`;
}

function paint(el: HTMLElement): void {
  const me = document.body.dataset.person ?? "";
  const people = (known.get(el.dataset.here ?? "") ?? []).filter((p) => p.id !== me);
  const sign = JSON.stringify(people);
  if (el.dataset.sign === sign && el.childElementCount === people.length) return;
  el.dataset.sign = sign;
  el.replaceChildren(
    ...people.map((p) => {
      const who = document.createElement("span");
      who.className = `here here-${p.state}`;
      const face = document.createElement("span");
      face.className = "avatar";
      face.setAttribute("aria-hidden", "true");
      face.textContent = initials(p.name);
      const words = document.createElement("span");
      words.className = el.dataset.short !== undefined ? "sr" : "here-words";
      const name = document.createElement("bdi");
      name.textContent = p.name;
      words.append(name, p.state === "writing" ? " is writing" : " reads this");
      who.append(face, words);
      if (el.dataset.short !== undefined) who.title = `${p.name} ${p.state === "writing" ? "is writing" : "reads this"}`;
      return who;
    }),
  );
}

function paintAll(root: Element | Document): void {
  if (root instanceof HTMLElement && root.dataset.here) paint(root);
  for (const el of root.querySelectorAll<HTMLElement>("[data-here]")) paint(el);
}

async function load(): Promise<void> {
  try {
    const answer = await fetch("/presence", { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) return;
    known.clear();
    for (const h of (await answer.json()) as Here[]) known.set(h.ticket, h.people);
    paintAll(document);
  } catch {
    // the next change tells
  }
}

// say tells the server that this page is at a ticket.
function say(path: string): void {
  const page = Math.random().toString(36).slice(2, 12);
  let typed = 0;
  let told = "";
  let first = true;
  const state = (): string => {
    const box = document.querySelector<HTMLTextAreaElement>("#composer textarea[data-write]");
    return box && box.value.trim() !== "" && Date.now() - typed < idle ? "writing" : "reading";
  };
  const beat = async (again: boolean): Promise<void> => {
    const now = state();
    if (document.visibilityState !== "visible" || (!again && now === told)) return;
    told = now;
    const body = new URLSearchParams({ state: now, page, ...(first ? { first: "yes" } : {}) });
    first = false;
    try {
      await fetch(`${path}/presence`, { method: "POST", body, credentials: "same-origin", keepalive: true });
    } catch {
      told = ""; // the next beat says it
    }
  };
  const gone = (): void => {
    told = "";
    navigator.sendBeacon(`${path}/presence`, new URLSearchParams({ state: "gone", page }));
  };
  document.addEventListener("input", (e) => {
    if (!(e.target instanceof Element) || !e.target.matches("[data-write]")) return;
    typed = Date.now();
    void beat(false);
  });
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? void beat(true) : gone()));
  addEventListener("pagehide", gone);
  addEventListener("pageshow", (e) => {
    if (e.persisted) void beat(true);
  });
  onContent(() => void beat(false)); // words that were sent are gone from the box
  setInterval(() => void beat(true), every);
  void beat(true);
}

export function beginPresence(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-ticket][data-path]");
  if (!page && !document.querySelector("[data-queue]")) return;
  live.on("presence", (data) => {
    const h = data as Here;
    if (h.people.length > 0) known.set(h.ticket, h.people);
    else known.delete(h.ticket);
    for (const el of document.querySelectorAll<HTMLElement>(`[data-here="${CSS.escape(h.ticket)}"]`)) paint(el);
  });
  live.back(() => void load());
  onContent(paintAll);
  void load();
  if (page) say(page.dataset.path ?? "");
}
