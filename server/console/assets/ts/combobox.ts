// A field with a list to choose from: what is typed is looked for in any part of an
// entry. The pattern is the combobox of ARIA 1.2, with a list beside the field; the
// focus never leaves the field. Without this program it is an input with a datalist.

const most = 100; // entries shown; who wants another types more
let made = 0;

function fold(s: string): string {
  return s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

class Combobox {
  private readonly every: string[];
  private readonly list = document.createElement("div");
  private readonly said = document.createElement("p");
  private readonly free: boolean; // what is on no list may be typed
  private shown: string[] = [];
  private at = -1;

  constructor(private readonly field: HTMLInputElement) {
    this.every = Array.from(field.list?.options ?? [], (o) => o.value);
    this.free = field.dataset.combo === "free";
    field.list?.remove();
    field.removeAttribute("list");
    this.list.id = `combo-${++made}`;
    this.list.className = "combo-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", field.labels?.[0]?.textContent?.trim() ?? "");
    this.said.className = "combo-said";
    this.said.setAttribute("role", "status");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.after(this.list, this.said);
    field.addEventListener("input", () => this.look(field.value, !this.free && field.value.trim() !== "" ? 0 : -1));
    field.addEventListener("keydown", (e) => this.key(e));
    field.addEventListener("click", () => (this.list.hidden ? this.look("") : this.close()));
    // What was said of the list stays: were it taken away, the button that is just being
    // pressed would jump from under the pointer.
    field.addEventListener("blur", () => this.hide());
    this.list.addEventListener("pointerdown", (e) => e.preventDefault()); // the focus stays in the field
    this.list.addEventListener("mousedown", (e) => e.preventDefault());
    this.list.addEventListener("click", (e) => {
      const i = e.target instanceof Element ? Number(e.target.closest<HTMLElement>("[role=option]")?.dataset.at ?? -1) : -1;
      this.choose(i);
    });
  }

  // look shows what has all the words in it; at is the one that Enter takes.
  private look(text: string, at = this.every.indexOf(this.field.value)): void {
    const words = fold(text).split(/[\s›>/]+/).filter(Boolean);
    const found = this.every.filter((v) => words.every((w) => fold(v).includes(w)));
    this.shown = found.slice(0, most);
    this.at = Math.min(at, this.shown.length - 1);
    this.list.replaceChildren(
      ...this.shown.map((v, i) => {
        const row = document.createElement("div");
        row.id = `${this.list.id}-${i}`;
        row.className = "combo-option";
        row.dataset.at = String(i);
        row.setAttribute("role", "option");
        const word = document.createElement("bdi");
        word.textContent = v;
        row.append(word);
        return row;
      }),
    );
    const open = this.shown.length > 0;
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
    this.said.textContent = found.length === 0 ? (this.free ? "" : "Nothing on the list has that in it.") : found.length > most ? `The first ${most} of ${found.length}; type more to find another.` : found.length === 1 ? "1 on the list" : `${found.length} on the list`;
    this.said.classList.toggle("sr", found.length > 0 && found.length <= most);
    this.mark();
  }

  private mark(): void {
    for (const [i, row] of Array.from(this.list.children).entries()) row.setAttribute("aria-selected", String(i === this.at));
    const row = this.list.children[this.at];
    if (row) {
      this.field.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  private close(): void {
    this.said.textContent = "";
    this.hide();
  }

  private hide(): void {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  private choose(i: number): void {
    const v = this.shown[i];
    if (v === undefined) return;
    this.field.value = v;
    this.close();
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private key(e: KeyboardEvent): void {
    if (e.isComposing || e.ctrlKey || e.metaKey) return;
    const open = !this.list.hidden;
    const n = this.shown.length;
    switch (e.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (!open) {
          // What stands there is one of the list: the others are what is wanted.
          this.look(this.every.includes(this.field.value) ? "" : this.field.value);
          if (this.at < 0 && !e.altKey) this.at = e.key === "ArrowDown" ? 0 : this.shown.length - 1;
        } else if (e.altKey && e.key === "ArrowUp") this.close();
        else this.at = e.key === "ArrowDown" ? (this.at + 1) % n : (this.at + n - (this.at < 0 ? 0 : 1)) % n;
        if (!this.list.hidden) this.mark();
        break;
      case "Enter":
        if (!open || this.at < 0) return;
        this.choose(this.at);
        break;
      case "Tab":
        if (open && this.at >= 0 && !e.shiftKey) this.choose(this.at);
        return;
      case "Escape":
        if (open) this.close();
        else if (this.field.value !== "") this.field.value = "";
        else return;
        break;
      default:
        return;
    }
    e.preventDefault();
    e.stopPropagation();
  }
}

export function beginCombobox(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-combo]")) new Combobox(field);
}
