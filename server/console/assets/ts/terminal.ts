// A terminal on a machine from afar, and the player of one that was recorded.

import { newScreen } from "./screen";

interface Shown {
  state?: "asking" | "open" | "ended";
  as?: string;
  data?: string;
  sentence?: string;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function live(page: HTMLElement): void {
  const path = page.dataset["terminal"] ?? "";
  const box = page.querySelector<HTMLElement>("[data-screen]");
  const says = page.querySelector<HTMLElement>("[data-says]");
  const end = page.querySelector<HTMLButtonElement>("[data-end]");
  if (!box || !says) return;
  const screen = newScreen(box, Number(page.dataset["cols"]) || 80, Number(page.dataset["rows"]) || 24, true);
  screen.textarea?.setAttribute("aria-label", page.dataset["name"] ?? "Terminal");
  let open = false;

  // The keyboard can always leave: a screen would keep Tab and Esc for itself.
  screen.attachCustomKeyEventHandler((e) => {
    if (e.type === "keydown" && e.ctrlKey && e.shiftKey && e.code === "KeyL") {
      e.preventDefault();
      screen.blur();
      end?.focus();
      return false;
    }
    return true;
  });

  // One request at a time keeps what is typed in its order.
  let typed: Uint8Array[] = [];
  let sending = false;
  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      while (typed.length > 0) {
        const parts = typed.splice(0);
        const body = new Blob(parts as BlobPart[]);
        const answer = await fetch(path + "/input", { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } });
        if (!answer.ok) break;
      }
    } finally {
      sending = false;
    }
  }
  const type = (data: Uint8Array): void => {
    if (!open) return;
    typed.push(data);
    void send();
  };
  screen.onData((text) => type(new TextEncoder().encode(text)));
  screen.onBinary((text) => type(Uint8Array.from(text, (c) => c.charCodeAt(0))));

  const say = (text: string): void => {
    says.textContent = text;
  };
  const show = (s: Shown): Promise<void> | void => {
    if (s.state === "asking") say("The person at the computer is asked. They have a minute to answer.");
    if (s.state === "open") {
      open = true;
      page.dataset["state"] = "open";
      say(`Open, with the rights of ${s.as ?? ""}. It is recorded, and the person at the computer sees it.`);
      screen.focus();
    }
    if (s.state === "ended") {
      open = false;
      page.dataset["state"] = "ended";
      say(s.sentence || "The terminal has ended.");
      end?.setAttribute("disabled", "");
    }
    // The next part is read once this one is drawn: the machine waits meanwhile.
    if (s.data) return new Promise((drawn) => screen.write(bytes(s.data ?? ""), drawn));
  };

  async function watch(): Promise<void> {
    const answer = await fetch(path + "/output");
    if (!answer.ok || !answer.body) {
      show({ state: "ended", sentence: "This terminal is not yours, or not there any more." });
      return;
    }
    let rest = "";
    const text = answer.body.pipeThrough(new TextDecoderStream());
    for await (const part of text as unknown as AsyncIterable<string>) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line) await show(JSON.parse(line) as Shown);
    }
    if (page.dataset["state"] !== "ended") show({ state: "ended", sentence: "The connection was lost. Load the page again within half a minute to go on." });
  }
  watch().catch(() => show({ state: "ended", sentence: "The connection was lost. Load the page again within half a minute to go on." }));
}

type Line = [number, string, string];

async function player(page: HTMLElement): Promise<void> {
  const box = page.querySelector<HTMLElement>("[data-screen]");
  const play = page.querySelector<HTMLButtonElement>("[data-play]");
  const seek = page.querySelector<HTMLInputElement>("[data-seek]");
  const at = page.querySelector<HTMLElement>("[data-at]");
  const typed = page.querySelector<HTMLElement>("[data-typed]");
  const speed = page.querySelector<HTMLSelectElement>("[data-speed]");
  if (!box || !play || !seek || !at || !typed) return;
  const answer = await fetch(page.dataset["cast"] ?? "");
  if (!answer.ok) {
    at.textContent = "There is no recording.";
    return;
  }
  const [head, ...rest] = (await answer.text()).split("\n").filter((l) => l !== "");
  const size = JSON.parse(head ?? "{}") as { width?: number; height?: number };
  const events = rest.map((l) => JSON.parse(l) as Line);
  const whole = events.at(-1)?.[0] ?? 0;
  const screen = newScreen(box, size.width ?? 80, size.height ?? 24, false);
  seek.max = String(whole);
  let next = 0;
  let now = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = (): void => {
    seek.value = String(now);
    at.textContent = `${now.toFixed(1)} s of ${whole.toFixed(1)} s`;
  };
  const apply = (e: Line): void => {
    if (e[1] === "o") screen.write(e[2]);
    if (e[1] === "m") screen.write(`\r\n[${e[2]}]\r\n`);
    if (e[1] === "r") {
      const [cols, rows] = e[2].split("x").map(Number);
      if (cols && rows) screen.resize(cols, rows);
    }
    // eslint-disable-next-line no-control-regex
    if (e[1] === "i") typed.textContent = ((typed.textContent ?? "") + e[2].replace(/[\u0000-\u001f\u007f]/g, "␣")).slice(-80);
  };
  const to = (t: number): void => {
    if (t < now) {
      screen.reset();
      typed.textContent = "";
      next = 0;
    }
    now = t;
    for (let e = events[next]; e && e[0] <= now; e = events[++next]) apply(e);
    show();
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  const step = (): void => {
    const e = events[next];
    if (!e) {
      stop();
      return;
    }
    // Long pauses are shortened: whoever looks wants to see what was done.
    const wait = Math.min(e[0] - now, 2) / Number(speed?.value ?? 1);
    timer = setTimeout(() => {
      to(e[0]);
      step();
    }, wait * 1000);
  };
  play.addEventListener("click", () => {
    if (timer) {
      stop();
      return;
    }
    if (next >= events.length) to(0);
    play.textContent = "Pause";
    step();
  });
  seek.addEventListener("input", () => {
    stop();
    to(Number(seek.value));
  });
  show();
  page.dataset["ready"] = "";
}

const page = document.querySelector<HTMLElement>("[data-terminal]");
if (page) live(page);
const cast = document.querySelector<HTMLElement>("[data-cast]");
if (cast) void player(cast);
