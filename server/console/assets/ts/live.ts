// The stream of what happens. A page has one, while it can be seen: browsers allow
// six connections to a server without HTTP/2, and a page in the background needs
// none. It is read with fetch, not EventSource, to hear the heartbeats: a line
// that has died in silence is noticed.

export type Handler = (data: unknown, key: string) => void;

const silence = 50_000; // the server says something every 20 seconds
const calm = 4_000; // so long nobody is told that the line is gone
const hidden = 20_000; // so long a page in the background stays connected

interface Message {
  event: string;
  id: string;
  data: string;
}

export class Live {
  private handlers = new Map<string, Handler[]>();
  private onBack: (() => void)[] = [];
  private cursor: string;
  private aborter: AbortController | undefined;
  private wait = 0;
  private lost = false;
  private connected = false;
  private url = "";
  private banner: ReturnType<typeof setTimeout> | undefined;
  private rest: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private base: string,
    cursor: string,
    private mark: string, // of when the page was made; once it listens, being away is noticed
    private wants: () => string[],
  ) {
    this.cursor = cursor;
    document.addEventListener("visibilitychange", () => this.seen());
    window.addEventListener("online", () => this.again());
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (e) => {
      if (e.persisted) {
        this.lost = true;
        this.start();
      }
    });
  }

  on(topic: string, handler: Handler): void {
    this.handlers.set(topic, [...(this.handlers.get(topic) ?? []), handler]);
  }

  // back is called when the line is there again after it was gone: what is not
  // sent again has to be asked for.
  back(f: () => void): void {
    this.onBack.push(f);
  }

  start(): void {
    if (!this.aborter && document.visibilityState === "visible") void this.run();
  }

  stop(): void {
    this.aborter?.abort();
    this.aborter = undefined;
  }

  // changed connects anew when the page wants something else than before.
  changed(): void {
    if (this.aborter && this.address() !== this.url) this.again();
  }

  private again(): void {
    this.stop();
    this.wait = 0;
    this.start();
  }

  private seen(): void {
    clearTimeout(this.rest);
    if (document.visibilityState === "visible") {
      this.start();
      return;
    }
    this.rest = setTimeout(() => {
      this.lost = true;
      this.stop();
    }, hidden);
  }

  private address(): string {
    const extra = this.wants();
    return this.base + (extra.length > 0 ? "&" + extra.join("&") : "");
  }

  private async run(): Promise<void> {
    const me = new AbortController();
    this.aborter = me;
    while (!me.signal.aborted) {
      try {
        await this.listen(me);
      } catch {
        // said below: the line is gone
      }
      if (me.signal.aborted) return;
      this.gone();
      await sleep(this.wait, me.signal);
      this.wait = Math.min(15_000, (this.wait || 500) * 2) * (0.75 + Math.random() / 2);
    }
  }

  private async listen(me: AbortController): Promise<void> {
    this.url = this.address();
    const after = (this.cursor ? `&after=${encodeURIComponent(this.cursor)}` : "") + (this.mark ? `&mark=${encodeURIComponent(this.mark)}` : "");
    const line = new AbortController();
    const end = (): void => line.abort();
    me.signal.addEventListener("abort", end);
    let watch = setTimeout(end, silence);
    try {
      const answer = await fetch(this.url + after, { headers: { Accept: "text/event-stream" }, signal: line.signal, cache: "no-store", credentials: "same-origin" });
      if (answer.status === 401) {
        location.reload(); // signed out: the page leads to where one signs in
        return;
      }
      if (answer.status === 422) this.cursor = ""; // from before the server's data was replaced
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      this.here();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(end, silence);
        rest = this.take(rest + value);
      }
    } finally {
      clearTimeout(watch);
      me.signal.removeEventListener("abort", end);
    }
  }

  // take hands on the whole messages of a text and returns what is left of it.
  private take(text: string): string {
    const parts = text.split("\n\n");
    const rest = parts.pop() ?? "";
    for (const part of parts) {
      const m = parse(part);
      if (m.id) this.cursor = m.id;
      if (m.event === "missed") for (const f of this.onBack) f();
      if (!m.data) continue;
      const body = JSON.parse(m.data) as { key?: string; data: unknown };
      for (const h of this.handlers.get(m.event) ?? []) h(body.data, body.key ?? "");
    }
    return rest;
  }

  private here(): void {
    this.wait = 0;
    clearTimeout(this.banner);
    this.banner = undefined;
    document.getElementById("offline")?.setAttribute("hidden", "");
    const back = this.lost;
    this.lost = false;
    this.mark = "";
    this.connected = true;
    document.documentElement.dataset.live = "yes";
    if (back) for (const f of this.onBack) f();
  }

  private gone(): void {
    if (this.connected) this.lost = true;
    this.connected = false;
    document.documentElement.dataset.live = "no";
    this.banner ??= setTimeout(() => document.getElementById("offline")?.removeAttribute("hidden"), calm);
  }
}

function parse(text: string): Message {
  const m: Message = { event: "message", id: "", data: "" };
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) m.event = line.slice(7);
    else if (line.startsWith("id: ")) m.id = line.slice(4);
    else if (line.startsWith("data: ")) m.data += line.slice(6);
  }
  return m;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const t = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(t);
      done();
    });
  });
}

// gather calls f once for all that came within a moment, never twice at once, and not
// sooner after the last time than the pause: what comes alone is shown at once, and a
// burst costs the server one question for each pause.
export function gather(f: () => Promise<void>, ms: number, pause = 0): () => void {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let again = false;
  const go = async (): Promise<void> => {
    timer = undefined;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    last = performance.now();
    try {
      await f();
    } catch {
      // the next event tries again
    }
    busy = false;
    if (again) {
      again = false;
      trigger();
    }
  };
  const trigger = (): void => {
    timer ??= setTimeout(() => void go(), Math.max(ms, last + pause - performance.now()));
  };
  return trigger;
}
