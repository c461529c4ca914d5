// What somebody types is kept in their browser until it is sent, beside the draft
// that the server keeps of it (composer.ts), so that it
// survives a reload, a lost line and having to sign in again. Signing out takes
// all of it away.

import { onContent } from "./swap";

const prefix = "deskbell-draft:";
const keep = 14 * 86400_000;
const slack = 2_000; // the server is told a moment after this browser

interface Draft {
  text: string;
  mode?: string; // an internal note comes back as one
  at: number;
}

function name(form: HTMLFormElement): string {
  return `${prefix}${document.body.dataset.person ?? ""}:${form.dataset.draft ?? ""}`;
}

function field(form: HTMLFormElement): HTMLTextAreaElement | null {
  return form.querySelector("textarea[data-write]");
}

function read(key: string): Draft | undefined {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "") as Draft;
  } catch {
    return undefined;
  }
}

function save(form: HTMLFormElement): void {
  const box = field(form);
  if (!box) return;
  try {
    if (box.value.trim() === "") localStorage.removeItem(name(form));
    else localStorage.setItem(name(form), JSON.stringify({ text: box.value, mode: mode(form)?.value, at: Date.now() } satisfies Draft));
  } catch {
    // no room, or not allowed: the text is in the page all the same
  }
}

function mode(form: HTMLFormElement): HTMLInputElement | null {
  return form.querySelector("input[name=mode]:checked");
}

// sent forgets a draft whose words were taken.
export function sent(form: HTMLFormElement): void {
  localStorage.removeItem(name(form));
}

function restore(form: HTMLFormElement): void {
  const box = field(form);
  if (!box) return;
  const d = read(name(form));
  if (!d || Date.now() - d.at > keep) return;
  // Where the server keeps drafts too, the later one holds.
  if (form.dataset.keptAt && d.at <= Number(form.dataset.keptAt) + slack) return;
  if (box.value !== "" && form.dataset.keep === undefined) return;
  if (d.mode) {
    const radio = form.querySelector<HTMLInputElement>(`input[name=mode][value=${CSS.escape(d.mode)}]`);
    if (!radio) return; // never as something else than it was
    radio.checked = true;
  }
  box.value = d.text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export function beginDrafts(): void {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(prefix)) continue;
    const d = read(key);
    if (!d || Date.now() - d.at > keep) localStorage.removeItem(key);
  }
  for (const type of ["input", "change"]) {
    document.addEventListener(type, (e) => {
      const form = e.target instanceof Element ? e.target.closest<HTMLFormElement>("form[data-draft]") : null;
      if (form) save(form);
    });
  }
  onContent((root) => {
    const forms = root.matches("form[data-draft]") ? [root] : root.querySelectorAll("form[data-draft]");
    for (const form of forms) {
      if (!(form instanceof HTMLFormElement)) continue;
      // A box that comes fresh and empty after sending has done its work.
      if (form.dataset.sent !== undefined) sent(form);
      restore(form);
    }
  });
}
