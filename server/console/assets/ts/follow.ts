// A log that is followed: its lines come as they are written, can be held still and
// filtered, and of them no more than the newest are in the page. Whoever asked and
// leaves the page ends it.

import { tell } from "./time";

interface Entry {
  at?: string;
  level?: string;
  unit?: string;
  message: string;
}

export interface LogPart {
  source?: string;
  entries?: Entry[];
  missed?: number;
  passed_bytes?: number;
}

const most = 1000; // lines that are kept, and that wait while it is paused

class Follow {
  private entries: Entry[] = [];
  private held: Entry[] = [];
  private paused = false;
  private missed = 0;
  private passed = 0;
  private upto = -1;
  private asking = false;
  private stale = false;
  private waiting: [number, LogPart][] = [];
  private ended = false;
  private list: HTMLElement;
  private scroller: HTMLElement;
  private filter: HTMLInputElement;
  private button: HTMLElement;

  constructor(
    readonly box: HTMLElement,
    private path: string,
  ) {
    const find = <T extends HTMLElement>(what: string): T => box.querySelector<T>(`[data-follow-${what}]`)!;
    this.list = find("list");
    this.scroller = find("lines");
    this.filter = find<HTMLInputElement>("filter");
    this.button = find("pause");
    this.filter.addEventListener("input", () => this.draw());
    this.button.addEventListener("click", () => this.pause(!this.paused));
    void this.ask();
  }

  // feed takes a part of the answer from the stream.
  feed(part: number, log: LogPart | undefined, ended: boolean): void {
    if (ended) {
      this.ended = true;
      if (!log) {
        void this.ask();
        return;
      }
    }
    if (!log) return;
    if (this.asking) {
      if (this.waiting.push([part, log]) > 200) this.waiting.shift();
      return;
    }
    if (part <= this.upto) return;
    if (part > this.upto + 1) {
      void this.ask(); // some were missed
      return;
    }
    this.upto = part;
    this.missed += log.missed ?? 0;
    this.passed += log.passed_bytes ?? 0;
    const fresh = log.entries ?? [];
    if (this.paused) {
      this.held = [...this.held, ...fresh].slice(-most);
      this.say();
    } else {
      this.add(fresh);
    }
  }

  // ask fetches the end of the log whole. What is held still stays so.
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
        const whole = (await answer.json()) as { state: string; log: LogPart & { upto: number } };
        this.upto = whole.log.upto;
        this.ended = whole.state !== "running";
        this.missed = whole.log.missed ?? 0;
        this.passed = whole.log.passed_bytes ?? 0;
        const source = this.box.querySelector("[data-follow-source]");
        if (source && whole.log.source) source.textContent = whole.log.source;
        if (this.paused) {
          this.held = whole.log.entries ?? [];
          this.whole = true;
          this.say();
        } else {
          this.entries = whole.log.entries ?? [];
          this.draw();
        }
      }
    } catch {
      // the line is gone: the page says so, and asks again when it is back
    }
    this.asking = false;
    for (const [part, log] of this.waiting.splice(0)) this.feed(part, log, false);
    if (this.stale) void this.ask();
  }

  private whole = false; // what is held is all there is, and not what came since

  private pause(on: boolean): void {
    this.paused = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.button.textContent = on ? "Go on" : "Pause";
    if (on) {
      this.say();
      return;
    }
    this.entries = this.whole ? this.held : [...this.entries, ...this.held].slice(-most);
    this.held = [];
    this.whole = false;
    this.draw();
  }

  private wanted(e: Entry): boolean {
    const words = this.filter.value.trim().toLowerCase();
    return words === "" || `${e.unit ?? ""} ${e.message}`.toLowerCase().includes(words);
  }

  private add(fresh: Entry[]): void {
    this.entries = [...this.entries, ...fresh].slice(-most);
    const low = this.atEnd();
    this.list.append(...fresh.filter((e) => this.wanted(e)).map((e) => this.row(e)));
    while (this.list.childElementCount > most) this.list.firstElementChild?.remove();
    this.settle(low);
  }

  private draw(): void {
    const low = this.atEnd();
    this.list.replaceChildren(...this.entries.filter((e) => this.wanted(e)).map((e) => this.row(e)));
    this.settle(low);
  }

  private atEnd(): boolean {
    const s = this.scroller;
    return s.scrollTop + s.clientHeight >= s.scrollHeight - 8;
  }

  // settle stays at the end, unless somebody has scrolled up to read.
  private settle(low: boolean): void {
    if (low) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.box.dataset.lines = String(this.list.childElementCount);
    this.say();
  }

  private say(): void {
    this.button.hidden = this.ended && !this.paused;
    const count = (n: number, one: string, many: string): string => (n === 1 ? one : many.replace("%d", String(n)));
    const says = [];
    if (this.filter.value.trim() !== "") says.push(`${this.list.childElementCount} of ${count(this.entries.length, "1 line", "%d lines")}.`);
    if (this.paused) says.push(this.whole ? "Paused." : `Paused: ${count(this.held.length, "1 line waits", "%d lines wait")}.`);
    if (this.missed > 0) says.push(`${count(this.missed, "1 line was", "%d lines were")} left out: more came than is sent.`);
    if (this.passed > 0) says.push(`${Math.ceil(this.passed / 2 ** 20)} MiB were not read: more came than can be.`);
    const el = this.box.querySelector("[data-follow-says]");
    const text = says.join(" ");
    if (el && el.textContent !== text) el.textContent = text;
  }

  private row(e: Entry): HTMLElement {
    const li = document.createElement("li");
    const level = e.level === "error" || e.level === "warning" ? e.level : "info";
    li.className = `log-${level}`;
    if (e.at) {
      const at = document.createElement("time");
      at.className = "log-at";
      at.dateTime = e.at;
      at.dataset.rel = "clock";
      li.append(at);
    }
    const sign = this.box.querySelector<HTMLTemplateElement>(`template[data-follow-sign="${level}"]`);
    if (sign) li.append(sign.content.cloneNode(true));
    const words = (text: string, kind: string): void => {
      const el = document.createElement("bdi");
      el.className = kind;
      el.textContent = text;
      li.append(el);
    };
    if (e.unit) words(e.unit, "log-unit");
    words(e.message, "log-text");
    tell(li);
    return li;
  }

  // leave ends it: nobody looks any more.
  leave(): void {
    if (this.ended || this.box.dataset.followMine === undefined) return;
    this.ended = true;
    void fetch(this.path.replace(/log$/, "cancel"), { method: "POST", keepalive: true, redirect: "manual", credentials: "same-origin" }).catch(() => undefined);
  }
}

const follows = new Map<string, Follow>();

// followOf is the followed log of a question's answer, if there is one in the page.
export function followOf(id: string, base: string): Follow | undefined {
  const box = document.querySelector<HTMLElement>(`[data-follow="${CSS.escape(id)}"]`);
  if (!box) return undefined;
  if (box.dataset.followReady === undefined) {
    box.dataset.followReady = "";
    follows.set(id, new Follow(box, `${base}${id}/log`));
  }
  return follows.get(id);
}

export function allFollows(base: string): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-follow]")) followOf(box.dataset.follow ?? "", base);
  for (const [id, f] of follows) {
    if (f.box.isConnected) continue;
    f.leave();
    follows.delete(id);
  }
}

export function followsAgain(): void {
  for (const f of follows.values()) void f.ask();
}

export function beginFollowing(): void {
  window.addEventListener("pagehide", () => {
    for (const f of follows.values()) f.leave();
  });
}
