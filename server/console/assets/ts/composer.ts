// The box in which somebody writes: kept on the server while they type, files that
// arrive while they write, a look at how it will be read, and answers that can be
// taken back for a moment.

import { key } from "./keys";
import { beginPicker } from "./picker";
import { fetchParts, onContent, say } from "./swap";

const largest = 25 * 2 ** 20;
const pause = 700; // after the last key before the server is told

function form(): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>("form[data-keep]");
}

function box(): HTMLTextAreaElement | null {
  return document.querySelector("#composer-text");
}

// insert puts text where the cursor is, as typing would.
export function insert(text: string, from?: number): void {
  const area = box();
  if (!area) return;
  area.focus();
  const end = area.selectionEnd;
  area.setRangeText(text, from ?? area.selectionStart, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

let timer: ReturnType<typeof setTimeout> | undefined;
let told = ""; // what the server has last, or is on its way there
let under: Promise<unknown> = Promise.resolve(); // what is on its way

function fields(f: HTMLFormElement): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of new FormData(f)) if (typeof value === "string") out.append(name, value);
  return out;
}

// keep tells the server what stands in the box, also when the page goes away. It is over
// when all that was told has arrived, or could not.
async function keep(leaving = false): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const f = form();
  if (f) under = Promise.all([under, bring(f, leaving)]);
  await under;
}

async function bring(f: HTMLFormElement, leaving: boolean): Promise<void> {
  const values = fields(f);
  const now = ["mode", "text", "code", "waiting", "macro", "kept", "title", "audience"].map((n) => values.getAll(n).join("\n")).join("\0");
  if (now === told) return;
  const before = told;
  told = now;
  try {
    const answer = await fetch(`${f.dataset.keep}/draft`, { method: "POST", body: values, keepalive: leaving, credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (!answer.ok) {
      told = before;
      if (answer.status === 409) await refused(answer);
    } else if (answer.status === 200) {
      const input = f.querySelector<HTMLInputElement>("input[name=revision]");
      if (input) input.value = String(((await answer.json()) as { revision: number }).revision);
    }
  } catch {
    told = before; // it stands in this browser all the same
  }
}

// refused says why a draft was not kept: somebody else writes the same article.
async function refused(answer: Response): Promise<void> {
  const words = ((await answer.json()) as { detail?: string }).detail;
  if (words) say("warning", words);
}

function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void keep(), pause);
}

interface Stored {
  sha256: string;
  name: string;
  picture: boolean;
}

// keptRow is a file of the list, as the server renders it too.
function keptRow(name: string): { row: HTMLLIElement; done(s: Stored): void; bar: HTMLProgressElement } {
  const row = document.createElement("li");
  row.className = "file";
  const word = document.createElement("bdi");
  word.textContent = name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `${name}, how much has arrived`);
  row.append(word, bar);
  return {
    row,
    bar,
    done(s): void {
      word.textContent = s.name;
      bar.remove();
      row.dataset.file = s.sha256;
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = "kept";
      input.value = `${s.sha256} ${s.name}`;
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "quiet";
      drop.dataset.dropFile = "";
      drop.textContent = "×";
      drop.setAttribute("aria-label", `Take ${s.name} off`);
      row.append(input, drop);
    },
  };
}

// Words wait for the files that go with them: sent before, they would go alone.
let arriving = 0;
let waits: HTMLFormElement | undefined;

function holdBack(e: SubmitEvent): void {
  if (arriving === 0 || !(e.target instanceof HTMLFormElement) || !e.target.matches("form[data-keep]")) return;
  e.preventDefault();
  e.stopImmediatePropagation();
  waits = e.target;
  say("info", "It is sent as soon as the files have arrived.");
}

function arrived(whole: boolean): void {
  arriving--;
  if (!whole) waits = undefined;
  if (arriving > 0 || !waits) return;
  const f = waits;
  waits = undefined;
  f.requestSubmit();
}

// send brings one file to the server and shows how far it has come.
function send(file: File, at: string): void {
  if (file.size > largest) {
    say("critical", `“${file.name}” is larger than 25 MiB, and cannot be attached.`);
    return;
  }
  const list = document.getElementById("composer-kept");
  if (!list) return;
  const { row, bar, done } = keptRow(file.name || "picture.png");
  list.append(row);
  arriving++;
  const request = new XMLHttpRequest();
  request.open("POST", `${at}/files?name=${encodeURIComponent(file.name || "picture.png")}`);
  request.responseType = "json";
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (e) => {
    if (e.lengthComputable) bar.value = e.loaded / e.total;
  });
  request.addEventListener("loadend", () => {
    const stored = request.response as (Stored & { detail?: string }) | null;
    if (request.status !== 201 || !stored) {
      row.remove();
      say("critical", request.status === 413 ? `“${file.name}” is larger than 25 MiB, and cannot be attached.` : `“${file.name}” did not arrive. Attach it again.`);
      arrived(false);
      return;
    }
    done(stored);
    if (stored.picture) {
      const area = box();
      const gap = area && area.selectionStart > 0 && !/\s$/.test(area.value.slice(0, area.selectionStart)) ? "\n" : "";
      insert(`${gap}![${stored.name.replace(/[[\]]/g, "")}](picture:${stored.sha256})\n`);
    }
    void keep();
    arrived(true);
  });
  request.send(file);
}

function sendAll(files: Iterable<File>): void {
  const at = form()?.dataset.keep;
  if (at) for (const f of files) send(f, at);
}

async function preview(button: HTMLButtonElement, on: boolean): Promise<void> {
  const f = form();
  const area = box();
  const shown = document.getElementById("composer-preview");
  if (!f || !area || !shown) return;
  button.setAttribute("aria-pressed", String(on));
  area.hidden = on;
  if (!on) {
    shown.hidden = true;
    area.focus();
    return;
  }
  await keep(); // a picture in it is fetched as a part of the draft
  await fetchParts(`${f.dataset.keep}/rendered`, { text: area.value });
}

const late = 2_000; // so long after its time an answer is asked for that is still here
let looked = 0;

// countdown tells how long an answer can be taken back. Whether it went out then, or
// could not be sent, only the server knows: it is asked.
function countdown(): void {
  const now = Date.now();
  for (const held of document.querySelectorAll<HTMLElement>(".held[data-due]")) {
    const left = Math.ceil((Number(held.dataset.due) - now) / 1000);
    const word = held.querySelector("[data-left]");
    const text = left > 0 ? `Sending in ${left} s` : "Sending";
    if (word && word.textContent !== text) word.textContent = text;
    const button = held.querySelector<HTMLButtonElement>("[data-undo]");
    if (button && word && left < -1) button.hidden = true;
    if ((held.dataset.held === "going" || now > Number(held.dataset.due) + late) && now > looked + late) {
      looked = now;
      document.dispatchEvent(new CustomEvent("deskbell:held"));
    }
  }
}

export function beginComposer(): void {
  if (!form()) return;
  document.addEventListener("submit", holdBack, true);
  document.addEventListener("input", (e) => {
    if (e.target instanceof Element && e.target.closest("form[data-keep]")) soon();
  });
  document.addEventListener("change", (e) => {
    if (!(e.target instanceof Element)) return;
    const f = e.target.closest("form[data-keep]");
    if (!f) return;
    if (e.target instanceof HTMLInputElement && e.target.matches("[data-files]") && e.target.files) {
      sendAll(Array.from(e.target.files));
      e.target.value = "";
      return;
    }
    soon();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && timer !== undefined) void keep(true);
  });
  addEventListener("pagehide", () => {
    if (timer !== undefined) void keep(true);
  });
  document.addEventListener("paste", (e) => {
    if (!(e.target instanceof Element) || !e.target.closest("form[data-keep]") || !e.clipboardData) return;
    const files = Array.from(e.clipboardData.files);
    if (files.length === 0 || e.clipboardData.getData("text/plain") !== "") return;
    e.preventDefault();
    sendAll(files);
  });
  for (const type of ["dragover", "drop"] as const) {
    document.addEventListener(type, (e) => {
      if (!(e.target instanceof Element) || !e.dataTransfer?.types.includes("Files") || !e.target.closest(".talk-side, form[data-keep]")) return;
      e.preventDefault();
      if (type === "drop") sendAll(Array.from(e.dataTransfer.files));
    });
  }
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const button = e.target.closest<HTMLButtonElement>("[data-preview], [data-drop-file], [data-drop-macro], [data-insert]");
    if (!button) return;
    if (button.dataset.preview !== undefined) void preview(button, button.getAttribute("aria-pressed") !== "true");
    if (button.dataset.insert !== undefined) insert(button.dataset.insert);
    if (button.dataset.dropFile !== undefined) {
      const row = button.closest("li");
      const area = box();
      if (row?.dataset.file && area) area.value = area.value.replace(new RegExp(`!\\[[^\\]]*\\]\\(picture:${row.dataset.file}\\)\\n?`, "g"), "");
      row?.remove();
      void keep();
    }
    if (button.dataset.dropMacro !== undefined) {
      const then = document.getElementById("composer-then");
      then?.replaceChildren();
      if (then) then.hidden = true;
      void keep();
    }
  });
  key("u", () => {
    const button = Array.from(document.querySelectorAll<HTMLButtonElement>(".held [data-undo]:not([hidden])")).at(-1);
    button?.click();
    return button !== undefined;
  });
  beginPicker();
  onContent(() => {
    countdown();
    const f = form();
    if (f?.dataset.sent !== undefined) told = "";
  });
  setInterval(countdown, 250);
}
