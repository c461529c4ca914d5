// Who does what on a ticket: handing over, escalating, watching; and what to do when
// somebody else was faster.

import { key, keysOff, typing } from "./keys";
import { onContent } from "./swap";

function menu(id: string): () => boolean {
  return () => {
    const m = document.querySelector<HTMLDetailsElement>(`#menu-${id}`);
    if (m) m.open = true;
    return m !== null;
  };
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}

// local fills in fields of moments in the reader's own zone.
function local(root: Element): void {
  for (const el of root.querySelectorAll<HTMLInputElement>("input[data-local]")) {
    const t = new Date(el.dataset.local ?? "");
    if (el.value === "" && !Number.isNaN(t.getTime())) el.value = `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())}T${pad(t.getHours())}:${pad(t.getMinutes())}`;
  }
  for (const el of root.querySelectorAll<HTMLInputElement>("input[data-zone]")) el.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function beginWho(): void {
  if (document.querySelector("[data-ticket]")) {
    key("h", menu("hand"));
    key("e", menu("escalate"));
    key("w", () => {
      const button = document.getElementById("act-watch");
      button?.click();
      return button !== null;
    });
  }
  onContent((root) => {
    local(root);
    const clash = document.getElementById("clash");
    if (clash instanceof HTMLDialogElement && !clash.open && clash.dataset.open !== undefined) {
      delete clash.dataset.open;
      clash.showModal();
      document.getElementById("clash-theirs")?.focus();
    }
  });
  document.addEventListener("keydown", (e) => {
    const clash = document.querySelector("#clash[open]");
    if (!clash || keysOff() || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const button = clash.querySelector<HTMLButtonElement>(`button[data-key="${CSS.escape(e.key)}"]`);
    if (!button) return;
    e.preventDefault();
    button.click();
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    if (e.target.closest("#clash-mine")) setTimeout(() => (document.getElementById("clash") as HTMLDialogElement | null)?.close(), 0);
    if (!e.target.closest("[data-theirs]")) return;
    const area = document.querySelector<HTMLTextAreaElement>("#composer textarea[data-write]");
    if (!area) return;
    area.focus();
    area.select();
    document.execCommand("delete"); // so that Ctrl+Z brings the words back
    document.getElementById("composer-said")?.replaceChildren();
  });
}
