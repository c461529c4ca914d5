// One soft tone for what is new and critical, for who has asked for it. It is off
// until then; the browser remembers it. No browser lets a page be heard before
// somebody has touched it: until that, the button says so, and nothing is tried.

const key = "deskbell.chime";

let sound: AudioContext | undefined;
let on = false;
let known: { count: number; newest: number } | undefined;

function remembered(): boolean {
  try {
    return localStorage.getItem(key) === "on";
  } catch {
    return false; // no storage: off
  }
}

function remember(v: boolean): void {
  try {
    localStorage.setItem(key, v ? "on" : "off");
  } catch {
    // it is forgotten with the page
  }
}

// play is two soft notes, a second together.
function play(why: string): void {
  if (!sound || sound.state !== "running") return;
  const from = sound.currentTime + 0.02;
  [587.33, 880].forEach((hertz, i) => {
    if (!sound) return;
    const note = sound.createOscillator();
    const loud = sound.createGain();
    const at = from + i * 0.18;
    note.frequency.value = hertz;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(0.14, at + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.9);
    note.connect(loud).connect(sound.destination);
    note.start(at);
    note.stop(at + 1);
  });
  const page = document.documentElement.dataset;
  page.chimed = `${Number((page.chimed ?? "0").split(" ")[0]) + 1} ${why}`;
}

// listen has what is new heard, once. What was there when the page was opened, or when
// the sound was switched on, is nothing new.
function listen(): void {
  const said = document.getElementById("alarms")?.dataset;
  if (!said) return;
  const now = { count: Number(said.count), newest: Number(said.newest) };
  // What was held back and is not any more is no newer, but there is more.
  const fresh = known !== undefined && (now.newest > known.newest || now.count > known.count);
  known = now;
  if (fresh && on) play("alarm");
}

export function beginChime(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-chime]");
  const attempt = document.querySelector<HTMLButtonElement>("[data-chime-try]");
  if (!button || !attempt || typeof AudioContext === "undefined") return;
  const word = button.querySelector("[data-chime-word]");
  const show = (): void => {
    const waits = on && sound?.state !== "running";
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("chime-on", on);
    if (word) word.textContent = !on ? "Sound is off" : waits ? "Sound waits for a click" : "Sound is on";
    attempt.hidden = !on;
  };
  const open = async (): Promise<void> => {
    if (!sound) {
      sound = new AudioContext();
      sound.addEventListener("statechange", show);
    }
    await sound.resume();
    show();
  };
  button.hidden = false;
  on = remembered();
  button.addEventListener("click", () => {
    on = !on;
    remember(on);
    show();
    if (on) void open().then(() => play("on"));
  });
  attempt.addEventListener("click", () => void open().then(() => play("try")));
  // Any touch of the page will do, as long as somebody wants to hear it.
  const touched = (): void => {
    if (on && sound?.state !== "running") void open();
  };
  document.addEventListener("pointerdown", touched);
  document.addEventListener("keydown", touched);
  show();
  listen();
  document.addEventListener("noc:fresh", listen);
}
