// Parts of the page are swapped by htmx for fresh ones that the server renders.

import htmx from "../vendor/htmx/htmx.esm.js";
import { policy, Refuse } from "./trusted";

type Hook = (root: Element) => void;

const hooks: Hook[] = [];

// onContent runs a hook on the page, and on whatever comes into it later.
export function onContent(hook: Hook): void {
  hooks.push(hook);
  hook(document.body);
}

export function beginSwapping(): void {
  htmx.registerExtension("deskbell", {
    init(api: { initSecurity(policy: unknown, sync: unknown, async: unknown): void }) {
      api.initSecurity(policy, Refuse, Refuse);
    },
  });
  document.addEventListener("htmx:after:process", (e) => {
    const root = e.target instanceof Element ? e.target : document.body;
    if (root !== document.body) for (const hook of hooks) hook(root);
  });
  // What the network loses is said, not swallowed; what the server refuses it
  // says itself.
  document.addEventListener("htmx:error", (e) => {
    const detail = (e as CustomEvent).detail as { ctx?: { request?: { method?: string } } } | undefined;
    if (detail?.ctx?.request?.method === "POST") say("critical", "Not sent: the server cannot be reached. What you typed is kept; try again.");
  });
}

// fetchParts asks the server for parts of the page and puts them in their places.
export async function fetchParts(path: string, values?: Record<string, string>): Promise<void> {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, Accept: "text/html" };
  const answer = await fetch(path, { headers, cache: "no-store", credentials: "same-origin", ...(values ? { method: "POST", body: new URLSearchParams(values) } : {}) });
  const to = answer.headers.get("HX-Redirect");
  if (to) {
    location.assign(to);
    return;
  }
  const text = await answer.text();
  await htmx.swap({ text, sourceElement: document.body, target: document.body, swap: "none" });
}

// say shows a message in the page's own words.
export function say(kind: string, sentence: string): void {
  const box = document.getElementById("said");
  if (!box) return;
  const toast = document.createElement("div");
  toast.className = `toast toast-${kind}`;
  toast.textContent = sentence;
  box.replaceChildren(toast);
}
