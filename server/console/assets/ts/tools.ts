// Live tools: a button opens its form, or asks at once; answers are brought up to
// date as their parts come.

import { allFollows, beginFollowing, followOf, followsAgain, type LogPart } from "./follow";
import { gather, type Live } from "./live";
import type { Changes } from "./processes";
import { fetchParts, onContent } from "./swap";
import { allTrees, treeOf, treesAgain } from "./tree";

function asks(): string[] {
  return Array.from(document.querySelectorAll<HTMLElement>("[data-ask]"), (el) => el.dataset.ask ?? "").filter((id) => id !== "");
}

// wanted are the answers that the stream is asked for.
export function wanted(): string[] {
  return asks()
    .slice(0, 8)
    .map((id) => `ask=${encodeURIComponent(id)}`);
}

function open(button: HTMLElement): void {
  const tools = button.closest("[data-tools]");
  const form = document.getElementById(`tool-${button.dataset.tool}`);
  if (!tools || !(form instanceof HTMLFormElement)) return;
  if (button.dataset.nowTool !== undefined) {
    form.requestSubmit();
    return;
  }
  const was = !form.hidden;
  for (const f of tools.querySelectorAll<HTMLElement>(".tool-form")) f.hidden = true;
  for (const b of tools.querySelectorAll("[data-tool]")) b.setAttribute("aria-expanded", "false");
  if (was) return;
  form.hidden = false;
  button.setAttribute("aria-expanded", "true");
  form.querySelector<HTMLElement>("input:not([type=hidden]), select, button")?.focus();
}

export function beginTools(live: Live): void {
  document.addEventListener("click", (e) => {
    const button = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-tool]") : null;
    if (button) open(button);
  });
  beginFollowing();
  const updates = new Map<string, () => void>();
  const update = (id: string): void => {
    let f = updates.get(id);
    if (!f) {
      f = gather(() => fetchParts(`${askBase()}${id}?part=more`), 150);
      updates.set(id, f);
    }
    f();
  };
  live.on("ask", (data, id) => {
    const { state, part } = data as { state: string; part: { part: number; data?: Changes & LogPart } };
    const tree = treeOf(id, askBase());
    tree?.feed(part.part, part.data, state !== "running");
    const follow = followOf(id, askBase());
    follow?.feed(part.part, part.data, state !== "running");
    if ((!tree && !follow) || state !== "running") update(id); // these go on by themselves
    if (state !== "running") {
      for (const el of document.querySelectorAll(`[data-ask="${CSS.escape(id)}"]`)) el.removeAttribute("data-ask");
      setTimeout(() => live.changed(), 1000);
    }
  });
  live.back(() => {
    asks().forEach(update);
    treesAgain();
    followsAgain();
  });
  // A new question is listened for, and asked about at once and once more: its
  // first parts may have come before anybody listened.
  const known = new Set<string>();
  onContent(() => {
    single();
    allTrees(askBase());
    allFollows(askBase());
    const fresh = asks().filter((id) => !known.has(id));
    if (fresh.length === 0) return;
    fresh.forEach((id) => known.add(id));
    live.changed();
    fresh.forEach(update);
    setTimeout(() => fresh.forEach(update), 600);
  });
}

// single removes the folded twin of a question: the news that it was asked may come
// before the answer to who asked, which brings it unfolded, at the top.
function single(): void {
  const seen = new Set<string>();
  for (const el of document.querySelectorAll(".ask[id]")) {
    if (seen.has(el.id)) el.remove();
    seen.add(el.id);
  }
}

function askBase(): string {
  return document.body.dataset.asks ?? "/asks/";
}
