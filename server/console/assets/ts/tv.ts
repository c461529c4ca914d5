// The wall on a television: nobody is there to reload it. It says since when it is not
// live, comes back by itself, keeps the screen awake, and shows a clock that stands
// still when the page does.

import { Live } from "./live";
import { beginNOC } from "./noc";
import { beginSwapping, onContent } from "./swap";
import { duration, keepTime, tell } from "./time";

const fresh = 45_000; // it asks every 15 seconds
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const short = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function begin(page: HTMLElement): void {
  beginSwapping();
  onContent(tell);
  keepTime();
  const live = new Live(document.body.dataset.live ?? "", "", document.body.dataset.mark ?? "", () => []);
  for (const topic of ["endpoint", "ticket", "alert", "incident"]) {
    live.on(topic, (data, key) => document.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: { data, key } })));
  }
  live.back(() => document.dispatchEvent(new CustomEvent("live:back")));
  beginNOC();
  live.start();
  honest(page);
  awake();
  tools(page);
}

// honest says whether what stands here is true. Both have to be: the line by which
// changes come, and the answer to what is asked now and then.
function honest(page: HTMLElement): void {
  const state = document.getElementById("tv-live");
  const words = state?.querySelector("[data-words]");
  const time = page.querySelector("[data-clock]");
  let answered = Date.now(); // the page itself was an answer
  let as = document.getElementById("alarms")?.dataset.as;
  let joined = 0;
  const build = document.getElementById("tv-figures")?.dataset.build;
  document.addEventListener("noc:fresh", () => {
    const now = document.getElementById("alarms")?.dataset.as;
    if (now === as) return; // a refusal, or an old answer
    as = now;
    answered = Date.now();
    // A server that was renewed has other programs for this page.
    if (document.getElementById("tv-figures")?.dataset.build !== build) location.reload();
  });
  const tick = (): void => {
    const now = Date.now();
    if (document.documentElement.dataset.live === "yes") joined = now;
    if (time) time.textContent = clock.format(now);
    if (!state || !words) return;
    const since = joined === 0 ? answered : Math.min(answered, joined);
    const old = now - answered > fresh || now - joined > fresh / 3;
    const word = joined === 0 && now - answered < fresh ? "begins" : old ? "old" : "live";
    state.dataset.state = word;
    page.classList.toggle("tv-old", word === "old");
    const text = word === "begins" ? "Not live yet" : word === "live" ? `Live, as of ${clock.format(answered)}` : `Not live since ${short.format(since)} (${duration((now - since) / 1000)}). What stands here is old.`;
    if (words.textContent !== text) words.textContent = text;
  };
  tick();
  setInterval(tick, 1000);
}

// awake keeps the screen on, where the browser can.
function awake(): void {
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock?.request("screen");
    } catch {
      // refused: the screen's own settings count
    }
  };
  void ask();
  document.addEventListener("visibilitychange", () => void ask());
}

// tools are there while somebody is: they go when nothing has moved for a while, and
// stay reachable by the keyboard.
function tools(page: HTMLElement): void {
  let rest: ReturnType<typeof setTimeout> | undefined;
  const here = (): void => {
    page.classList.remove("tv-alone");
    clearTimeout(rest);
    rest = setTimeout(() => page.classList.add("tv-alone"), 8_000);
  };
  for (const e of ["pointermove", "pointerdown", "keydown"]) document.addEventListener(e, here);
  here();
  const button = page.querySelector<HTMLButtonElement>("[data-fullscreen]");
  if (button && !document.fullscreenEnabled) button.hidden = true;
  button?.addEventListener("click", () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => undefined);
  });
}

const page = document.querySelector<HTMLElement>("[data-tv]");
if (page) begin(page);
