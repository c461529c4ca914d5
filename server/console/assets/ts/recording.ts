// A flight recorder's file, second by second: a line for each number, all over the
// same time, and what the machine did at the moment that is chosen.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { colour, onTheme } from "./colour";

interface Column {
  label: string;
  unit: string;
  top: number;
  values: (number | null)[];
}

interface Series {
  x: number[];
  at: number[];
  columns: Column[];
  names: string[];
  top: [number, number, number, number][][];
  mark: number;
  breaks: { x: number; why: string }[];
}

const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const hours = new Intl.DateTimeFormat("sv-SE", { timeStyle: "medium" });

function words(v: number | null | undefined, unit: string): string {
  if (v === null || v === undefined) return "–";
  if (unit === "MiB" && v >= 1024) return `${(v / 1024).toFixed(1)} GiB`;
  if (unit === "KiB/s" && v >= 1024) return `${(v / 1024).toFixed(1)} MiB/s`;
  const digits = Math.abs(v) < 9.95 && v !== Math.trunc(v) ? 1 : 0;
  return `${v.toFixed(digits)}${unit ? " " + unit : ""}`;
}

function el(tag: string, text = "", className = ""): HTMLElement {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

class Recording {
  private plots: uPlot[] = [];
  private readonly slider: HTMLInputElement;
  private readonly output: HTMLElement;
  private readonly charts: HTMLElement;
  private readonly values: HTMLElement;
  private readonly top: HTMLElement;

  constructor(
    private readonly section: HTMLElement,
    private readonly s: Series,
  ) {
    const part = <T extends HTMLElement>(selector: string): T => section.querySelector<T>(selector)!;
    this.slider = part("input[type=range]");
    this.output = part("[data-moment]");
    this.charts = part("[data-charts-here]");
    this.values = part("[data-values]");
    this.top = part("[data-top]");
    part("[data-wait]").hidden = true;
    part("[data-body]").hidden = false;
    this.slider.max = String(s.x.length - 1);
    this.slider.disabled = false;
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    // A browser's own step of Page Up is a tenth of all: a minute is more use.
    this.slider.addEventListener("keydown", (e) => {
      const by = { PageUp: 60, PageDown: -60 }[e.key];
      if (by === undefined) return;
      e.preventDefault();
      this.show(Number(this.slider.value) + by);
    });
    const mark = part<HTMLButtonElement>("[data-to-mark]");
    mark.disabled = s.mark < 0;
    mark.addEventListener("click", () => {
      this.show(s.mark);
      this.slider.focus();
    });
    this.draw();
    this.show(s.mark >= 0 ? s.mark : s.x.length - 1);
    onTheme(() => this.draw());
  }

  private draw(): void {
    for (const p of this.plots) p.destroy();
    this.charts.replaceChildren();
    this.plots = this.s.columns.map((c, i) => {
      const box = el("div", "", "recording-chart");
      box.append(el("p", c.unit ? `${c.label}, ${c.unit}` : c.label));
      this.charts.append(box);
      const plot = new uPlot(this.options(c, i === this.s.columns.length - 1), [this.s.x, c.values] as uPlot.AlignedData, box);
      new ResizeObserver(() => plot.setSize(this.size(i === this.s.columns.length - 1))).observe(box);
      plot.over.addEventListener("click", () => {
        const at = plot.cursor.idx;
        if (at !== null && at !== undefined) this.show(at);
      });
      return plot;
    });
  }

  private size(last: boolean): { width: number; height: number } {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { width: Math.max(160, this.charts.clientWidth), height: Math.round(rem * (last ? 6 : 4.5)) };
  }

  private options(c: Column, last: boolean): uPlot.Options {
    const muted = colour("muted");
    const line = colour("line");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const font = `${Math.round(rem * 0.75)}px Inter, sans-serif`;
    const top = c.top > 0 ? c.top : Math.max(1, ...c.values.map((v) => v ?? 0));
    return {
      ...this.size(last),
      legend: { show: false },
      cursor: { sync: { key: "recording" }, points: { size: 5 }, drag: { x: false, y: false }, y: false },
      padding: [rem * 0.4, rem, last ? 0 : rem * 0.5, 0],
      scales: { x: { time: false }, y: { range: [0, top * 1.04] } },
      axes: [
        { show: last, stroke: muted, font, grid: { show: false }, ticks: { stroke: line, width: 1, size: 4 }, gap: 4, size: Math.round(rem * 1.75), space: Math.round(rem * 6), values: (_u: uPlot, ticks: number[]) => ticks.map((t) => this.clockAt(t)) },
        { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, gap: 6, size: Math.round(rem * 3.5), splits: () => [0, top] },
      ],
      series: [{}, { stroke: colour("chart-0"), width: 1.25, points: { show: false } }],
      hooks: { drawClear: [(u: uPlot) => this.drawMarks(u)] },
    } as uPlot.Options;
  }

  // clockAt is what the machine's clock showed at a place of the line.
  private clockAt(x: number): string {
    let low = 0;
    let high = this.s.x.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.s.x[mid] ?? 0) <= x) low = mid;
      else high = mid - 1;
    }
    return hours.format((this.s.at[low] ?? 0) * 1000);
  }

  private drawMarks(u: uPlot): void {
    const at = Number(this.slider.value);
    const rule = (x: number | undefined, name: string, dash: number[]): void => {
      if (x === undefined) return;
      const left = Math.round(u.valToPos(x, "x", true));
      u.ctx.strokeStyle = colour(name);
      u.ctx.setLineDash(dash);
      u.ctx.beginPath();
      u.ctx.moveTo(left, u.bbox.top);
      u.ctx.lineTo(left, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
    };
    u.ctx.save();
    u.ctx.lineWidth = devicePixelRatio;
    for (const b of this.s.breaks) rule(b.x, "muted", [1, 3]);
    if (this.s.mark >= 0) rule(this.s.x[this.s.mark], "accent", [3, 3]);
    rule(this.s.x[at], "text", []);
    u.ctx.restore();
  }

  // show puts a moment into words.
  private show(at: number): void {
    const n = Math.min(Math.max(at, 0), this.s.x.length - 1);
    const seconds = this.s.mark < 0 ? 0 : Math.round((this.s.x[n] ?? 0) - (this.s.x[this.s.mark] ?? 0));
    const off = this.s.mark < 0 ? "" : seconds === 0 ? ", the mark" : `, ${Math.abs(seconds)} s ${seconds < 0 ? "before" : "after"} the mark`;
    const text = clock.format((this.s.at[n] ?? 0) * 1000) + off;
    this.slider.value = String(n);
    this.slider.setAttribute("aria-valuetext", text);
    this.output.textContent = text;
    this.values.replaceChildren(...this.s.columns.flatMap((c) => [el("dt", c.label, "muted"), el("dd", words(c.values[n], c.unit), "num")]));
    const top = [...(this.s.top[n] ?? [])].sort((a, b) => b[2] - a[2] || b[3] - a[3]).slice(0, 8);
    this.top.replaceChildren(
      ...top.map((p) => {
        const row = el("tr");
        const name = el("td");
        name.append(el("bdi", this.s.names[p[0]] ?? ""), el("span", ` ${p[1]}`, "muted num"));
        row.append(name, el("td", words(p[2] / 10, "%"), "num"), el("td", words(p[3], "MiB"), "num"));
        return row;
      }),
    );
    if (top.length === 0) {
      const row = el("tr");
      const none = el("td", "None were recorded here.", "muted") as HTMLTableCellElement;
      none.colSpan = 3;
      row.append(none);
      this.top.append(row);
    }
    this.section.dataset.at = String(n);
    for (const p of this.plots) p.redraw(false);
  }
}

async function begin(section: HTMLElement): Promise<void> {
  const wait = section.querySelector<HTMLElement>("[data-wait]");
  try {
    const answer = await fetch(section.dataset.recording ?? "", { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    new Recording(section, (await answer.json()) as Series);
    section.dataset.drawn = "yes";
  } catch {
    if (wait) wait.textContent = "The recording could not be read. The figures below are complete; load the page again to try once more.";
  }
}

const section = document.querySelector<HTMLElement>("[data-recording]");
if (section) void begin(section);
