// The charts of the reports, and the reader's time zone, in which their days begin.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { colour, onTheme } from "./colour";

interface Series {
  times: number[];
  zone: string;
  charts: (number | null)[][][];
}

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function words(v: number | null | undefined, unit: string): string {
  if (v === null || v === undefined) return "–";
  if (unit !== "h") return String(Math.round(v));
  if (v < 1) return `${Math.round(v * 60)} min`;
  return v < 48 ? `${v.toFixed(1)} h` : `${(v / 24).toFixed(1)} d`;
}

class ReportChart {
  private plot: uPlot | undefined;
  private keys: HTMLElement[];
  private body: HTMLElement;
  private unit: string;

  constructor(
    private figure: HTMLElement,
    private times: number[],
    private lines: (number | null)[][],
    private zone: string,
  ) {
    this.keys = Array.from(figure.querySelectorAll<HTMLElement>("[data-line]"));
    this.body = figure.querySelector<HTMLElement>("[data-body]") ?? figure;
    this.unit = figure.dataset.unit ?? "";
    this.draw();
  }

  draw(): void {
    this.plot?.destroy();
    this.plot = undefined;
    const none = this.lines.every((l) => l.every((v) => v === null || v === 0));
    this.figure.querySelector(".chart-none")?.toggleAttribute("hidden", !none);
    this.body.hidden = none;
    this.legend(null);
    if (none) return;
    this.plot = new uPlot(this.options(), [this.times, ...this.lines] as uPlot.AlignedData, this.body);
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.body);
  }

  private size(): { width: number; height: number } {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { width: Math.max(160, this.body.clientWidth), height: Math.round(rem * 11) };
  }

  private legend(index: number | null): void {
    this.keys.forEach((k, i) => {
      const line = this.lines[i] ?? [];
      const out = k.querySelector("[data-value]");
      if (out) out.textContent = index === null ? "" : words(line[index], this.unit);
    });
  }

  private options(): uPlot.Options {
    const muted = colour("muted");
    const line = colour("line");
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const font = `${Math.round(rem * 0.75)}px Inter, sans-serif`;
    const dash: (number[] | undefined)[] = [undefined, [6, 3], [2, 2]];
    const few = this.times.length < 60;
    return {
      ...this.size(),
      legend: { show: false },
      tzDate: (t: number) => uPlot.tzDate(new Date(t * 1000), this.zone),
      cursor: { sync: { key: "report" }, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { y: { range: (_u: uPlot, _min: number, max: number) => [0, Math.max(1, (max ?? 1) * 1.15)] } },
      axes: [
        { stroke: muted, font, grid: { show: false }, ticks: { stroke: line, width: 1, size: 4 }, gap: 4, size: Math.round(rem * 1.75), space: Math.round(rem * 4), values: (_u: uPlot, ticks: number[]) => ticks.map((t) => days.format(t * 1000)) },
        { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, gap: 6, size: Math.round(rem * 3.5), values: (_u: uPlot, ticks: number[]) => ticks.map((t) => words(t, this.unit)) },
      ],
      series: [{}, ...this.keys.map((k, i) => ({ label: k.dataset.line, stroke: colour(`chart-${i}`), width: 1.5, dash: dash[i], spanGaps: true, points: { show: few, size: 4 } }))],
      hooks: { setCursor: [(u: uPlot) => this.legend(u.cursor.idx ?? null)] },
    } as uPlot.Options;
  }
}

async function begin(section: HTMLElement): Promise<void> {
  const answer = await fetch(section.dataset.report ?? "", { credentials: "same-origin" });
  const figures = Array.from(section.querySelectorAll<HTMLElement>("[data-report-chart]"));
  if (!answer.ok) {
    for (const f of figures) f.querySelector(".chart-none")?.removeAttribute("hidden");
    return;
  }
  const data = (await answer.json()) as Series;
  const charts = figures.map((f, i) => new ReportChart(f, data.times ?? [], (data.charts[i] ?? []).map((l) => l ?? []), data.zone));
  onTheme(() => charts.forEach((c) => c.draw()));
  section.dataset.drawn = "yes";
}

for (const input of document.querySelectorAll<HTMLInputElement>("[data-zone]")) {
  if (!input.value) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
const section = document.querySelector<HTMLElement>("[data-report]");
if (section) void begin(section);
