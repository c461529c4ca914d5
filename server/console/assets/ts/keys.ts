// The keyboard. Single keys work where nobody types, and can be switched off
// (WCAG 2.1.4); Escape and Ctrl+Enter work everywhere.

type Action = () => boolean | void;

const single = new Map<string, Action>();

export function key(name: string, action: Action): void {
  single.set(name, action);
}

function typing(e: KeyboardEvent): boolean {
  const t = e.target;
  if (!(t instanceof HTMLElement)) return false;
  if (t.isContentEditable) return true;
  if (t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement) return true;
  return t instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "file"].includes(t.type);
}

const places: Record<string, string> = { q: "/", e: "/endpoints", n: "/noc", p: "/people", r: "/reports" };

let going: ReturnType<typeof setTimeout> | undefined;

function leave(): void {
  const open = document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary")?.focus();
    return;
  }
  single.get("Escape")?.();
  if (document.activeElement instanceof HTMLElement && document.activeElement.matches("input[type=search]")) document.activeElement.blur();
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
    if (document.documentElement.dataset.keys === "off" || e.ctrlKey || e.metaKey || e.altKey || typing(e)) return;
    if (document.querySelector("dialog[open]") && e.key !== "?") return;
    if (going !== undefined) {
      clearTimeout(going);
      going = undefined;
      const to = places[e.key];
      if (to) {
        e.preventDefault();
        location.assign(to);
        return;
      }
    }
    if (e.key === "g") {
      going = setTimeout(() => (going = undefined), 1500);
      return;
    }
    const action = single.get(e.key);
    if (action && action() !== false) e.preventDefault();
  });
  key("/", () => {
    const box = document.querySelector<HTMLInputElement>("[data-search]");
    box?.focus();
    box?.select();
    return box !== null;
  });
  key("?", () => {
    const sheet = document.getElementById("keys");
    if (!(sheet instanceof HTMLDialogElement)) return false;
    if (sheet.open) sheet.close();
    else sheet.showModal();
    return true;
  });
}
