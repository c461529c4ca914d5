// Small things that many pages have: dialogs, menus, copying, files.

import { onContent } from "./swap";

function close(selector: string): void {
  const el = document.querySelector(selector);
  if (el instanceof HTMLDialogElement) el.close();
  else el?.remove();
}

async function copy(button: HTMLElement): Promise<void> {
  const source = document.querySelector(button.dataset.copy ?? "");
  const word = button.querySelector("[data-copy-word]");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    if (word) word.textContent = "Copied";
  } catch {
    const range = document.createRange(); // not allowed: it stands selected, to be copied by hand
    range.selectNodeContents(source);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    if (word) word.textContent = "Press Ctrl+C";
  }
}

export function beginPieces(): void {
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const button = e.target.closest<HTMLElement>("[data-dialog], [data-close], [data-copy]");
    if (button?.dataset.dialog) {
      const d = document.getElementById(button.dataset.dialog);
      if (d instanceof HTMLDialogElement) d.showModal();
    }
    if (button?.dataset.close) close(button.dataset.close);
    if (button?.dataset.copy) void copy(button);
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      if (!menu.contains(e.target)) menu.open = false;
    }
  });
  document.addEventListener("toggle", (e) => {
    const menu = e.target;
    if (menu instanceof HTMLDetailsElement && menu.matches(".menu[open]")) menu.querySelector<HTMLElement>(".menu-body :is(select, input:not([type=hidden]), textarea, button)")?.focus();
  }, true);
  document.addEventListener("change", (e) => {
    if (!(e.target instanceof HTMLInputElement) || !e.target.matches("[data-files]")) return;
    const names = e.target.parentElement?.querySelector("[data-files-names]");
    if (names) names.textContent = Array.from(e.target.files ?? [], (f) => f.name).join(", ");
  });
  onContent((root) => {
    for (const el of root.querySelectorAll<HTMLElement>("#said .toast:not([data-seen])")) {
      el.dataset.seen = "yes";
      if (!el.matches(".toast-critical, .toast-warning")) setTimeout(() => el.remove(), 6000);
    }
  });
}
