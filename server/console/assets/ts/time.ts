// Times are written relative to now and go on; pointing at one shows it exactly,
// in the reader's own zone. The words are those of the server (kit/numbers.go).

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const year = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (a: number, ua: string, b: number, ub: string): string => (b === 0 ? `${a} ${ua}` : `${a} ${ua} ${b} ${ub}`);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor(s / 60) % 60, "min");
  return two(Math.floor(s / 86400), "d", Math.floor(s / 3600) % 24, "h");
}

function short(s: number): string {
  if (s < 60) return "now";
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  if (s < 365 * 86400) return `${Math.floor(s / 86400)} d`;
  return `${Math.floor(s / (365 * 86400))} y`;
}

function words(at: Date, how: string): string {
  const s = (Date.now() - at.getTime()) / 1000;
  switch (how) {
    case "short":
      return short(s);
    case "for":
      return duration(s);
    case "until":
      if (-s >= 60) return `in ${duration(-s)}`;
      return s > 0 ? "over" : "in less than a minute";
    case "clock":
      return clock.format(at);
  }
  if (s < 60) return "just now";
  if (s < 7 * 86400) return `${duration(s)} ago`;
  return at.getFullYear() === new Date().getFullYear() ? day.format(at) : year.format(at);
}

function show(el: HTMLTimeElement): void {
  const at = new Date(el.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const text = words(at, el.dataset.rel ?? "ago");
  if (el.textContent !== text) el.textContent = text;
}

// tell writes the times below an element.
export function tell(root: Element): void {
  const list = root.matches("time[data-rel]") ? [root, ...root.querySelectorAll("time[data-rel]")] : root.querySelectorAll("time[data-rel]");
  for (const el of list) {
    if (!(el instanceof HTMLTimeElement)) continue;
    show(el);
    const at = new Date(el.dateTime);
    if (!Number.isNaN(at.getTime())) el.title = exact.format(at);
  }
}

export function keepTime(): void {
  setInterval(() => {
    if (document.visibilityState === "visible") for (const el of document.querySelectorAll<HTMLTimeElement>("time[data-rel]")) show(el);
  }, 15_000);
}
