// Charts of an endpoint's last hours. Live readings are added at the right as they
// come; the past moves out at the left.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { colour, onTheme } from "./colour";

interface Columns {
  times: number[];
  values: (number | null)[][];
}

interface Mark {
  at: number;
  words: string;
  path: string;
  sign: Element | null;
}

// marks are what the list below the charts says: one truth for both.
function marks(): Mark[] {
  return Array.from(document.querySelectorAll<HTMLElement>("#endpoint-events li[data-at]"), (li) => {
    const link = li.querySelector("a");
    return { at: Number(li.dataset.at), words: link?.textContent?.trim() ?? "", path: link?.getAttribute("href") ?? "", sign: li.querySelector(".chart-sign") };
  });
}

let lit = 0; // the moment that somebody points at in the list

interface Data {
  from: number;
  to: number;
  charts: Record<string, Columns>;
}

interface Reading {
  at: string;
  values: Record<string, number>;
  score?: number;
}

const spans: Record<string, number> = { "1h": 3600, "6h": 6 * 3600, "24h": 24 * 3600 };
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const gap = 150; // seconds without a reading that are shown as a gap

function words(v: number | null | undefined, unit: string): string {
  if (v === null || v === undefined) return "–";
  if (unit === "KiB/s" && v >= 1024) return `${(v / 1024).toFixed(1)} MiB/s`;
  const digits = (Math.abs(v) < 9.95 && v !== Math.trunc(v)) || (v > 99 && v < 100) ? 1 : 0;
  return `${v.toFixed(digits).replace(/\.0$/, "")}${unit ? " " + unit : ""}`;
}

class Chart {
  private plot: uPlot | undefined;
  private columns: Columns = { times: [], values: [] };
  private unit: string;
  private most: number;
  private keys: HTMLElement[];
  private body: HTMLElement;
  private due = false;

  constructor(
    private figure: HTMLElement,
    private span: number,
  ) {
    this.unit = figure.dataset.unit ?? "";
    this.most = Number(figure.dataset.most);
    this.keys = Array.from(figure.querySelectorAll<HTMLElement>("[data-metric]"));
    this.body = figure.querySelector<HTMLElement>("[data-body]") ?? figure;
  }

  get key(): string {
    return this.figure.dataset.chart ?? "";
  }

  fill(c: Columns): void {
    this.columns = { times: [], values: this.keys.map(() => []) };
    c.times.forEach((t, i) => this.push(t, c.values.map((v) => v[i] ?? null)));
    this.draw();
  }

  add(r: Reading): void {
    const t = new Date(r.at).getTime() / 1000;
    const last = this.columns.times[this.columns.times.length - 1] ?? 0;
    if (t <= last) return;
    const values = this.keys.map((k) => (k.dataset.metric === "score" ? r.score : r.values[k.dataset.metric ?? ""]) ?? null);
    if (values.every((v) => v === null)) return;
    this.push(t, values);
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.draw();
    });
  }

  private push(t: number, values: (number | null)[]): void {
    const c = this.columns;
    const last = c.times[c.times.length - 1];
    if (last !== undefined && t - last > gap) {
      c.times.push(last + 1);
      c.values.forEach((v) => v.push(null));
    }
    c.times.push(t);
    c.values.forEach((v, i) => v.push(values[i] ?? null));
  }

  private trim(): void {
    const from = Date.now() / 1000 - this.span;
    const c = this.columns;
    let n = 0;
    while (n < c.times.length && (c.times[n] ?? 0) < from) n++;
    if (n > 0) {
      c.times.splice(0, n);
      c.values.forEach((v) => v.splice(0, n));
    }
  }

  draw(): void {
    this.trim();
    const none = this.columns.times.length === 0;
    this.figure.querySelector(".chart-none")?.toggleAttribute("hidden", !none);
    this.body.hidden = none;
    this.legend(null);
    if (none) return;
    const data = [this.columns.times, ...this.columns.values] as uPlot.AlignedData;
    if (this.plot) {
      this.plot.setData(data);
      return;
    }
    this.plot = new uPlot(this.options(), data, this.body);
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.body);
  }

  // redraw makes the chart anew, in other colours.
  redraw(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.draw();
  }

  private size(): { width: number; height: number } {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { width: Math.max(160, this.body.clientWidth), height: Math.round(rem * 9) };
  }

  private legend(index: number | null): void {
    this.keys.forEach((k, i) => {
      const column = this.columns.values[i] ?? [];
      let v: number | null | undefined = index === null ? undefined : column[index];
      if (index === null) for (let n = column.length - 1; n >= 0 && (v === undefined || v === null); n--) v = column[n];
      const out = k.querySelector("[data-value]");
      if (out) out.textContent = words(v, this.unit);
    });
  }

  private options(): uPlot.Options {
    const muted = colour("muted");
    const line = colour("line");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const font = `${Math.round(rem * 0.75)}px Inter, sans-serif`;
    const dash: (number[] | undefined)[] = [undefined, [6, 3], [2, 2]];
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { sync: { key: "endpoint" }, points: { size: 6 }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: () => [Date.now() / 1000 - this.span, Date.now() / 1000] },
        y: { range: (_u, _min, max) => [0, this.most > 0 ? this.most : Math.max(1, (max ?? 1) * 1.15)] },
      },
      axes: [
        { stroke: muted, font, grid: { show: false }, ticks: { stroke: line, width: 1, size: 4 }, gap: 4, size: Math.round(rem * 1.75), space: Math.round(rem * 4), values: (_u, ticks) => ticks.map((t) => clock.format(t * 1000)) },
        { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, gap: 6, size: Math.round(rem * 3), splits: this.most > 0 ? () => [0, this.most / 2, this.most] : undefined },
      ],
      series: [{}, ...this.keys.map((k, i) => ({ label: k.dataset.metric, stroke: colour(`chart-${i}`), width: 1.5, dash: dash[i], points: { show: false } }))],
      hooks: {
        setCursor: [(u: uPlot) => this.legend(u.cursor.idx ?? null)],
        drawClear: [(u: uPlot) => this.drawMarks(u)],
        draw: [(u: uPlot) => this.place(u)],
      },
    } as uPlot.Options;
  }

  private drawMarks(u: uPlot): void {
    const { ctx } = u;
    ctx.save();
    ctx.strokeStyle = colour("accent");
    for (const m of marks()) {
      ctx.setLineDash(m.at === lit ? [] : [3, 3]);
      ctx.lineWidth = devicePixelRatio * (m.at === lit ? 3 : 1);
      const x = Math.round(u.valToPos(m.at, "x", true));
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, u.bbox.top);
      ctx.lineTo(x, u.bbox.top + u.bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  private links: HTMLAnchorElement[] = [];
  private linked = "";

  // place puts a sign at the top of each line, which says what it is to who points at
  // it, and leads there. By the keyboard the list below does.
  private place(u: uPlot): void {
    const list = marks();
    const now = JSON.stringify(list.map((m) => [m.at, m.words]));
    if (now !== this.linked || this.links[0]?.parentElement !== u.over) {
      this.links.forEach((a) => a.remove());
      this.figure.querySelector("[data-says]")?.toggleAttribute("hidden", true);
      this.links = list.map((m) => this.link(m));
      u.over.append(...this.links);
      this.linked = now;
    }
    list.forEach((m, i) => {
      const a = this.links[i];
      if (!a) return;
      const x = u.valToPos(m.at, "x");
      a.hidden = x < 0 || x > u.over.clientWidth;
      a.style.left = `${x}px`;
    });
  }

  private link(m: Mark): HTMLAnchorElement {
    const a = document.createElement("a");
    a.href = m.path;
    a.className = "chart-mark";
    a.tabIndex = -1;
    a.setAttribute("aria-hidden", "true");
    if (m.sign) a.append(m.sign.cloneNode(true));
    const says = this.figure.querySelector<HTMLElement>("[data-says]");
    a.addEventListener("pointerenter", () => {
      if (!says) return;
      says.textContent = `${clock.format(m.at * 1000)} ${m.words}`;
      says.hidden = false;
    });
    a.addEventListener("pointerleave", () => says?.toggleAttribute("hidden", true));
    return a;
  }
}

async function begin(section: HTMLElement): Promise<void> {
  const id = section.dataset.charts ?? "";
  const range = section.dataset.range ?? "1h";
  const charts = Array.from(section.querySelectorAll<HTMLElement>("[data-chart]"), (f) => new Chart(f, spans[range] ?? 3600));
  const load = async (): Promise<void> => {
    const answer = await fetch(`/endpoints/${encodeURIComponent(id)}/series?range=${range}`, { credentials: "same-origin" });
    if (!answer.ok) {
      setTimeout(() => void load(), 5000); // the series may still be opened after a restart
      return;
    }
    const data = (await answer.json()) as Data;
    for (const c of charts) c.fill(data.charts[c.key] ?? { times: [], values: [] });
    section.dataset.drawn = "yes";
  };
  await load();
  document.addEventListener("live:sample", (e) => {
    const { data, key } = (e as CustomEvent).detail as { data: Reading[]; key: string };
    if (key === id) for (const r of data) for (const c of charts) c.add(r);
  });
  document.addEventListener("live:back", () => void load());
  setInterval(() => charts.forEach((c) => c.draw()), 15_000);
  // Whoever goes through the list sees where in the charts it was.
  const point = (e: Event): void => {
    const at = e.target instanceof Element ? Number(e.target.closest<HTMLElement>("#endpoint-events li")?.dataset.at ?? 0) : 0;
    if (at === lit) return;
    lit = at;
    charts.forEach((c) => c.draw());
  };
  for (const kind of ["focusin", "focusout", "pointerover"]) section.addEventListener(kind, point);
  const again = (): void => charts.forEach((c) => c.redraw());
  onTheme(again);
}

const section = document.querySelector<HTMLElement>("[data-charts]");
if (section) void begin(section);
