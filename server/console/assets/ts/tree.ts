// The tree of processes: a treegrid (WAI-ARIA) of which only the rows that can be seen
// are in the page. It is sorted anew every few seconds, but never while somebody
// points at it or is in it with the keyboard: what is new then is announced.

import { amount, lines, matching, order, percent, Table, type By, type Changes, type Line, type Order, type Row } from "./processes";

const sortEvery = 4000;
const margin = 6; // rows above and below what can be seen

const states: Record<string, string> = { R: "running", S: "sleeping", I: "idle", D: "waiting for a device", T: "stopped", t: "being debugged", Z: "ended, not collected by its parent" };

class Tree {
  private table = new Table();
  private upto = -1;
  private asking = false;
  private stale = false;
  private waiting: [number, Changes][] = [];
  private order: Order = { roots: [], kids: new Map() };
  private listed = new Map<number, Row>(); // the rows as they stand in the order, ended ones too
  private shown: Line[] = [];
  private places = new Map<number, number>();
  private closed = new Set<number>();
  private folded = false; // the kernel's threads were closed at the beginning
  private active: number | undefined;
  private column = -1; // of the cell that has the focus; -1: the row has it
  private elements = new Map<number, HTMLElement>();
  private sorted = 0;
  private ended = false;
  private grid: HTMLElement;
  private body: HTMLElement;
  private filter: HTMLInputElement;
  private by: HTMLSelectElement;
  private flat: HTMLInputElement;
  private again: HTMLElement;

  constructor(
    private box: HTMLElement,
    private path: string,
  ) {
    const find = <T extends HTMLElement>(what: string): T => box.querySelector<T>(`[data-tree-${what}]`)!;
    this.grid = find("grid");
    this.body = find("rows");
    this.filter = find<HTMLInputElement>("filter");
    this.by = find<HTMLSelectElement>("by");
    this.flat = find<HTMLInputElement>("flat");
    this.again = find("again");
    this.filter.addEventListener("input", () => this.arrange());
    this.by.addEventListener("change", () => this.sort());
    this.flat.addEventListener("change", () => this.sort());
    this.again.addEventListener("click", () => this.sort());
    this.grid.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    this.grid.addEventListener("keydown", (e) => this.key(e));
    this.grid.addEventListener("click", (e) => this.click(e));
    this.grid.addEventListener("focusin", (e) => this.focused(e));
    new ResizeObserver(() => this.draw()).observe(this.grid);
    box.querySelector("[data-tree-end]")?.addEventListener("submit", () => this.dialog()?.close());
    void this.ask();
  }

  // feed takes a part of the answer from the stream.
  feed(part: number, changes: Changes | undefined, ended: boolean): void {
    this.ended = this.ended || ended;
    if (!changes) {
      if (ended) void this.ask();
      return;
    }
    if (this.asking) {
      if (this.waiting.push([part, changes]) > 200) this.waiting.shift();
      return;
    }
    if (part <= this.upto) return;
    if (part > this.upto + 1) {
      void this.ask(); // some were missed
      return;
    }
    this.upto = part;
    this.table.apply(changes);
    this.renew();
  }

  // ask fetches the table whole.
  async ask(): Promise<void> {
    if (this.asking) {
      this.stale = true;
      return;
    }
    this.asking = true;
    this.stale = false;
    try {
      const answer = await fetch(this.path, { headers: { Accept: "application/json" }, cache: "no-store", credentials: "same-origin" });
      if (answer.ok) {
        const whole = (await answer.json()) as { state: string; table: Changes & { upto: number } };
        this.upto = whole.table.upto;
        this.ended = whole.state !== "running";
        this.table.apply(whole.table);
      }
    } catch {
      // the line is gone: the page says so, and asks again when it is back
    }
    this.asking = false;
    for (const [part, changes] of this.waiting.splice(0)) this.feed(part, changes, false);
    this.renew();
    if (this.stale) void this.ask();
  }

  // held reports whether rows must not move: somebody is about to press something.
  private held(): boolean {
    return this.sorted > 0 && (this.body.matches(":hover") || this.body.contains(document.activeElement) || this.dialog()?.open === true);
  }

  private renew(): void {
    for (const [pid, row] of this.table.rows) if (this.listed.has(pid)) this.listed.set(pid, row);
    if (!this.held() && (this.sorted === 0 || performance.now() - this.sorted > sortEvery || this.ended)) this.sort();
    else this.draw();
  }

  private sort(): void {
    if (this.table.rows.size === 0) return;
    if (!this.folded) {
      this.folded = true;
      const kernel = this.table.rows.get(2);
      if (kernel?.name === "kthreadd") this.closed.add(2);
    }
    this.sorted = performance.now();
    this.listed = new Map(this.table.rows);
    const by = this.by.value as By;
    this.order = order(this.table, by, this.flat.checked);
    for (const head of this.grid.querySelectorAll<HTMLElement>(".tree-head > [data-column]")) {
      if (head.dataset.column === by) head.setAttribute("aria-sort", by === "name" ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    this.arrange();
  }

  // arrange decides which rows can be seen, in the order as it is.
  private arrange(): void {
    const keep = matching({ ...this.table, rows: this.listed } as Table, this.order, this.filter.value, this.flat.checked);
    this.shown = lines(this.order, this.closed, keep);
    this.places = new Map(this.shown.map((l, i) => [l.pid, i]));
    if (this.active !== undefined && !this.places.has(this.active)) this.active = undefined;
    this.grid.setAttribute("aria-rowcount", String(this.shown.length + 1));
    this.draw();
  }

  private height(): number {
    return (this.grid.firstElementChild as HTMLElement).offsetHeight || 28;
  }

  private draw(): void {
    const high = this.height();
    const first = Math.max(0, Math.floor(this.grid.scrollTop / high) - margin);
    const last = Math.min(this.shown.length, Math.ceil((this.grid.scrollTop + this.grid.clientHeight) / high) + margin);
    this.body.style.height = `${this.shown.length * high}px`;
    const want = new Set<number>();
    for (let i = first; i < last; i++) want.add(i);
    const focus = this.active ?? this.shown[0]?.pid;
    const held = focus === undefined ? undefined : this.places.get(focus);
    if (held !== undefined) want.add(held); // the keyboard can come back to it
    const had = this.body.contains(document.activeElement);
    for (const [pid, el] of this.elements) {
      const i = this.places.get(pid);
      if (i === undefined || !want.has(i)) {
        el.remove();
        this.elements.delete(pid);
      }
    }
    let next = this.body.firstElementChild;
    for (const i of Array.from(want).sort((a, b) => a - b)) {
      const line = this.shown[i]!;
      const el = this.row(line, i, high, focus === line.pid);
      if (el === next) next = el.nextElementSibling;
      else this.body.insertBefore(el, next);
    }
    if (had && !this.body.contains(document.activeElement)) this.focus();
    this.say();
    this.about();
  }

  // row makes the element of a line, or brings it up to date.
  private row(line: Line, i: number, high: number, tab: boolean): HTMLElement {
    const r = this.listed.get(line.pid)!;
    let el = this.elements.get(line.pid);
    if (!el) {
      el = document.createElement("div");
      el.className = "tree-row";
      el.setAttribute("role", "row");
      el.dataset.pid = String(line.pid);
      for (const head of this.grid.querySelectorAll<HTMLElement>(".tree-head > [data-column]")) {
        const cell = document.createElement("span");
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        cell.dataset.column = head.dataset.column;
        if (head.dataset.column === "name") {
          const arrow = document.createElement("span");
          arrow.className = "tree-arrow";
          arrow.ariaHidden = "true";
          cell.append(arrow);
        }
        if (head.dataset.column === "end") {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "button small";
          button.tabIndex = -1;
          button.textContent = "End…";
          cell.append(button);
        } else {
          cell.append(document.createElement("bdi"));
        }
        el.append(cell);
      }
      this.elements.set(line.pid, el);
    }
    const gone = !this.table.rows.has(line.pid);
    el.style.transform = `translateY(${i * high}px)`;
    el.tabIndex = tab ? 0 : -1;
    const attributes: Record<string, string | undefined> = {
      "aria-level": String(line.level), "aria-posinset": String(line.at), "aria-setsize": String(line.of), "aria-rowindex": String(i + 2),
      "aria-expanded": line.kids > 0 ? String(line.open) : undefined, "aria-selected": String(line.pid === this.active),
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined) el.removeAttribute(name);
      else if (el.getAttribute(name) !== value) el.setAttribute(name, value);
    }
    el.classList.toggle("tree-gone", gone);
    const texts: Record<string, string> = {
      name: gone ? `${r.name} (ended)` : r.name, cpu: percent(r.cpu_percent), rss: amount(r.rss), io: r.io === undefined ? "–" : `${amount(r.io)}/s`,
      pid: String(r.pid), user: r.user ?? "", command: r.command ?? "",
    };
    for (const cell of el.children as HTMLCollectionOf<HTMLElement>) {
      const column = cell.dataset.column ?? "";
      if (column === "name") cell.style.paddingInlineStart = `${Math.min(line.level - 1, 12) * 0.75}rem`;
      if (column === "end") {
        const button = cell.firstElementChild as HTMLButtonElement;
        button.disabled = gone || !r.started || this.ended;
        const label = `End process ${r.pid} ${r.name}`;
        if (button.ariaLabel !== label) button.ariaLabel = label;
        continue;
      }
      const text = texts[column] ?? "";
      const to = cell.querySelector("bdi")!;
      if (to.textContent !== text) to.textContent = text;
    }
    return el;
  }

  private say(): void {
    let fresh = 0;
    let gone = 0;
    for (const pid of this.table.rows.keys()) if (!this.listed.has(pid)) fresh++;
    for (const pid of this.listed.keys()) if (!this.table.rows.has(pid)) gone++;
    const parts = [this.table.total === 1 ? "1 process" : `${this.table.total} processes`, `${this.table.running} running`];
    if (this.filter.value.trim() !== "") parts.push(`${this.shown.length} shown`);
    if (this.table.leftOut > 0) parts.push(`${this.table.leftOut} more are left out`);
    const news = [fresh > 0 ? `${fresh} new` : "", gone > 0 ? `${gone} ended` : ""].filter((s) => s !== "").join(", ");
    const to = this.box.querySelector("[data-tree-says]")!;
    const text = parts.join(", ") + (news === "" ? "." : `; ${news}.`);
    if (to.textContent !== text) to.textContent = text;
    this.box.dataset.rows = String(this.shown.length);
  }

  // about says all that is known of the row that is chosen.
  private about(): void {
    const to = this.box.querySelector<HTMLElement>("[data-tree-about]")!;
    const r = this.active === undefined ? undefined : this.listed.get(this.active);
    to.hidden = r === undefined;
    if (!r) return;
    const parent = r.ppid === undefined ? undefined : this.listed.get(r.ppid);
    const facts: [string, string][] = [
      ["Process", `${r.pid} ${r.name}`], ["State", this.table.rows.has(r.pid) ? (states[r.state ?? ""] ?? "not known") : "ended"], ["User", r.user ?? ""],
      ["Started", r.started ? new Date(r.started).toLocaleString() : ""], ["Started by", parent ? `${parent.pid} ${parent.name}` : ""], ["Command", r.command ?? ""],
    ];
    const text = JSON.stringify(facts);
    if (to.dataset.text === text) return;
    to.dataset.text = text;
    to.replaceChildren(
      ...facts.filter(([, v]) => v !== "").map(([word, value]) => {
        const div = document.createElement("div");
        const [dt, dd, bdi] = [document.createElement("dt"), document.createElement("dd"), document.createElement("bdi")];
        dt.textContent = word;
        bdi.textContent = value;
        dd.append(bdi);
        div.append(dt, dd);
        return div;
      }),
    );
  }

  private dialog(): HTMLDialogElement | null {
    return this.box.querySelector<HTMLDialogElement>("[data-tree-end]");
  }

  // end asks whether to end a process: the button that does it names it.
  private end(pid: number): void {
    const dialog = this.dialog();
    const r = this.table.rows.get(pid);
    if (!dialog || !r?.started || this.ended) return;
    for (const [name, value] of Object.entries({ pid: String(r.pid), started: r.started, name: r.name })) {
      const field = dialog.querySelector<HTMLInputElement>(`[name="${name}"]`);
      if (field) field.value = value;
    }
    dialog.querySelector("[data-tree-end-what]")!.textContent = r.command || r.name;
    dialog.querySelector("[data-tree-end-button]")!.textContent = `End process ${r.pid} on ${this.box.dataset.treeMachine ?? ""}`;
    dialog.showModal();
  }

  private toggle(line: Line, open: boolean): void {
    if (open) this.closed.delete(line.pid);
    else this.closed.add(line.pid);
    this.arrange();
  }

  private click(e: Event): void {
    const el = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-pid]") : null;
    if (!el) return;
    const pid = Number(el.dataset.pid);
    const line = this.shown[this.places.get(pid) ?? -1];
    if (e.target instanceof Element && e.target.closest("button")) {
      this.end(pid);
      return;
    }
    this.active = pid;
    if (line && line.kids > 0 && e.target instanceof Element && e.target.closest(".tree-arrow")) this.toggle(line, !line.open);
    this.column = -1;
    this.focus();
    this.draw();
  }

  private focused(e: FocusEvent): void {
    if (!(e.target instanceof HTMLElement)) return;
    const el = e.target.closest<HTMLElement>("[data-pid]");
    if (!el) return;
    const pid = Number(el.dataset.pid);
    this.column = e.target === el ? -1 : this.cells(el).findIndex((c) => c.contains(e.target as Node));
    if (pid === this.active) return;
    this.active = pid;
    this.draw();
  }

  private cells(el: HTMLElement): HTMLElement[] {
    return Array.from(el.children as HTMLCollectionOf<HTMLElement>).filter((c) => c.offsetParent !== null);
  }

  // focus puts the keyboard onto the active row, or its cell, and brings it into sight.
  private focus(): void {
    const i = this.active === undefined ? undefined : this.places.get(this.active);
    if (i === undefined) return;
    const high = this.height();
    const room = this.grid.clientHeight - 2 * high; // the headings stand above
    if (i * high < this.grid.scrollTop) this.grid.scrollTop = i * high;
    if (i * high > this.grid.scrollTop + room) this.grid.scrollTop = i * high - room;
    let el = this.elements.get(this.active!);
    if (!el) {
      this.draw();
      el = this.elements.get(this.active!);
    }
    if (!el) return;
    const cell = this.column < 0 ? undefined : this.cells(el)[this.column];
    (cell?.querySelector<HTMLElement>("button:not(:disabled)") ?? cell ?? el).focus({ preventScroll: true });
  }

  private go(i: number): void {
    const line = this.shown[Math.min(Math.max(i, 0), this.shown.length - 1)];
    if (!line) return;
    this.active = line.pid;
    this.draw();
    this.focus();
  }

  private key(e: KeyboardEvent): void {
    const i = this.active === undefined ? -1 : (this.places.get(this.active) ?? -1);
    const line = this.shown[i];
    const el = line && this.elements.get(line.pid);
    if (!line || !el || e.altKey || e.metaKey) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.height()) - 2);
    const cells = this.cells(el);
    let done = true;
    switch (e.key) {
      case "ArrowDown":
        this.go(i + 1);
        break;
      case "ArrowUp":
        this.go(i - 1);
        break;
      case "PageDown":
        this.go(i + page);
        break;
      case "PageUp":
        this.go(i - page);
        break;
      case "Home":
      case "End":
        if (this.column < 0 || e.ctrlKey) this.go(e.key === "Home" ? 0 : this.shown.length - 1);
        else {
          this.column = e.key === "Home" ? 0 : cells.length - 1;
          this.focus();
        }
        break;
      case "ArrowRight":
        if (this.column < 0 && line.kids > 0 && !line.open) this.toggle(line, true);
        else this.column = Math.min(this.column + 1, cells.length - 1);
        this.focus();
        break;
      case "ArrowLeft":
        if (this.column >= 0) this.column--;
        else if (line.open && this.filter.value === "") this.toggle(line, false);
        else {
          for (let j = i - 1; j >= 0; j--) {
            if (this.shown[j]!.level < line.level) {
              this.go(j);
              break;
            }
          }
        }
        this.focus();
        break;
      case "Enter":
        if (e.target instanceof HTMLButtonElement) return;
        if (line.kids > 0) this.toggle(line, !line.open);
        this.focus();
        break;
      case "Delete":
        this.end(line.pid);
        break;
      default:
        done = false;
    }
    if (!done) return;
    e.preventDefault();
    e.stopPropagation();
  }
}

const trees = new Map<string, Tree>();

// treeOf is the tree of a question's answer, if there is one in the page.
export function treeOf(id: string, base: string): Tree | undefined {
  const box = document.querySelector<HTMLElement>(`[data-tree="${CSS.escape(id)}"]`);
  if (!box) return undefined;
  if (box.dataset.treeReady === undefined) {
    box.dataset.treeReady = "";
    trees.set(id, new Tree(box, `${base}${id}/processes`));
  }
  return trees.get(id);
}

export function allTrees(base: string): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-tree]")) treeOf(box.dataset.tree ?? "", base);
}

export function treesAgain(): void {
  for (const t of trees.values()) void t.ask();
}
