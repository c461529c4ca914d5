// A ticket: it changes while somebody reads it, and never under their hands.

import { duration } from "./time";
import { key } from "./keys";
import { gather, type Live } from "./live";
import { fetchParts, onContent } from "./swap";

interface TicketEvent {
  type: string;
  version: number;
  at: string;
  actor: { id?: string; name?: string; side: string };
  number: number;
}

const settle = 3_000; // so long a notice has to be in sight before it counts as seen

const doings: Record<string, string> = {
  took: "took the ticket",
  assigned: "gave the ticket to somebody",
  replied: "answered",
  noted: "wrote an internal note",
  waits: "put the ticket on hold",
  resumed: "ended the waiting",
  resolved: "resolved the ticket",
  confirmed: "confirmed the solution",
  reopened: "reopened the ticket",
  prioritised: "changed the priority",
  closed: "closed the ticket",
  cancelled: "cancelled the ticket",
};

function box(): HTMLTextAreaElement | null {
  return document.querySelector("#composer textarea[data-write]");
}

function written(): boolean {
  return (box()?.value ?? "").trim() !== "";
}

function seen(version: number): void {
  const input = document.querySelector<HTMLInputElement>("#composer input[data-version]");
  if (input && Number(input.value) < version) input.value = String(version);
}

// tellMeanwhile says beside the box what somebody else did while one writes. Once
// it has been in sight for a while, it is taken for seen.
function tellMeanwhile(e: TicketEvent): void {
  const news = document.getElementById("composer-news");
  const doing = doings[e.type];
  if (!news || !doing) return;
  const line = document.createElement("p");
  const who = document.createElement("bdi");
  who.textContent = e.actor.name || "Somebody";
  line.append(who, ` ${doing} ${duration((Date.now() - new Date(e.at).getTime()) / 1000)} ago, while you were writing.`);
  news.append(line);
  setTimeout(() => {
    if (document.visibilityState === "visible" && line.isConnected) seen(e.version);
  }, settle);
}

function modes(): void {
  const mode = (name: string) => (): boolean => {
    const radio = document.querySelector<HTMLInputElement>(`#composer input[data-mode=${name}]`);
    if (!radio?.closest("label")?.checkVisibility()) return false;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    box()?.focus();
    return true;
  };
  key("Escape", () => {
    if (document.activeElement === box()) box()?.blur(); // so that single keys work again
    return true;
  });
  key("r", mode("reply"));
  key("i", mode("note"));
  key("a", () => {
    const menu = document.querySelector<HTMLDetailsElement>("#menu-assign");
    if (menu) menu.open = true;
    return menu !== null;
  });
  key("y", () => {
    const button = document.getElementById("act-suggestion");
    button?.click();
    return button !== null;
  });
  key("m", () => {
    const menu = document.querySelector<HTMLDetailsElement>("#menu-more");
    if (!menu) return false;
    menu.open = true;
    menu.querySelector<HTMLElement>("a")?.focus();
    return true;
  });
  key("t", () => {
    const button = document.getElementById("act-take");
    button?.click();
    return button !== null;
  });
}

// keepMode looks to it that what is chosen can be chosen. Words that were meant as
// an answer become a note at worst, never a note an answer.
function keepMode(): void {
  const shown = (el: Element | null): boolean => el?.closest("label")?.checkVisibility() ?? false;
  const chosen = document.querySelector<HTMLInputElement>("#composer input[data-mode]:checked");
  if (shown(chosen)) return;
  const all = Array.from(document.querySelectorAll<HTMLInputElement>("#composer input[data-mode]")).filter(shown);
  const to = written() ? all.find((r) => r.dataset.mode === "note") : all[0];
  if (!to) return;
  to.checked = true;
  to.dispatchEvent(new Event("change", { bubbles: true }));
}

// grow gives the box room for its words.
function grow(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.4)}px`;
}

export function beginTicket(live: Live): void {
  const page = document.querySelector<HTMLElement>("[data-ticket]");
  if (!page) return;
  const path = page.dataset.path ?? "";
  const me = document.body.dataset.person ?? "";
  const refresh = gather(() => fetchParts(path), 100);
  live.on("ticket", (data, id) => {
    if (id !== page.dataset.ticket) return;
    const e = data as TicketEvent;
    if (written() && e.actor.id !== me) tellMeanwhile(e);
    else if (!written()) seen(e.version);
    refresh();
  });
  live.on("endpoint", (data) => {
    if ((data as { id: string }[]).some((c) => c.id === page.dataset.endpoint)) slowly();
  });
  const slowly = gather(() => fetchParts(path), 5_000);
  live.back(refresh);
  document.addEventListener("deskbell:held", refresh);
  modes();
  const end = document.getElementById("talk");
  if (end) end.scrollTop = end.scrollHeight;
  document.addEventListener("input", (e) => {
    if (e.target instanceof HTMLTextAreaElement && e.target.matches("[data-write]")) grow(e.target);
  });
  // Whoever reads at the end stays there when more comes; who has scrolled up
  // stays where they are.
  let atEnd = true;
  document.addEventListener("scroll", (e) => {
    if (e.target instanceof HTMLElement && e.target.id === "talk") atEnd = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight < 40;
  }, true);
  onContent((root) => {
    const talk = root.id === "talk" ? root : root.querySelector("#talk");
    if (talk && atEnd) talk.scrollTop = talk.scrollHeight;
    keepMode();
  });
}

// beginDates tells the server how far the reader's clock is from UTC at the moment
// that they chose.
export function beginDates(): void {
  document.addEventListener("submit", (e) => {
    const form = e.target instanceof HTMLFormElement ? e.target : null;
    const offset = form?.querySelector<HTMLInputElement>("input[data-offset]");
    const until = form?.querySelector<HTMLInputElement>("input[type=datetime-local]");
    if (offset && until) offset.value = String(new Date(until.value).getTimezoneOffset());
  });
}
