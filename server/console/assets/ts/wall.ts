// The wall: every endpoint is a cell of its site, the worst first. It is drawn on
// a canvas, since ten thousand elements that change would not keep up; the table
// and the lists beside it say the same to who does not see it.

import { colour, onTheme } from "./colour";
import { pack, type Box } from "./treemap";

interface Site {
  id: string;
  name: string;
}

type Row = [id: string, name: string, site: number, presence: string, state: string, score: number];

interface Cell {
  id: string;
  name: string;
  site: string;
  presence: string;
  state: string;
  score: number;
  box?: Box;
}

interface Change {
  id: string;
  name: string;
  site: string;
  presence: string;
  state: string;
  score: number;
}

type Kind = "critical" | "warning" | "info" | "healthy" | "stuck" | "silent" | "away" | "unknown" | "held";

const rank: Record<Kind, number> = { held: 0, critical: 1, stuck: 2, warning: 3, info: 4, healthy: 5, silent: 6, unknown: 7, away: 8 };

// What a machine said when it went, as far as a cell has room for it.
const words: Record<string, string> = { stuck: "stuck", silent: "silent", asleep: "asleep", off: "off", stopped: "stopped", awaited: "awaited", unknown: "–" };

function kind(c: Cell): Kind {
  if (c.state === "held") return "held";
  if (c.presence === "stuck" || c.presence === "silent") return c.presence;
  if (c.presence === "asleep" || c.presence === "off" || c.presence === "stopped" || c.presence === "awaited") return "away";
  if (c.presence !== "online" || c.score < 0) return "unknown";
  if (c.score < 40) return "critical";
  if (c.score < 70) return "warning";
  if (c.score < 90) return "info";
  return "healthy";
}

// A tile is a site's part of the wall.
interface Tile {
  site: string;
  box: Box;
  cells: Cell[];
  head: number;
  type: number; // how large its cells are written
  sort: boolean; // its cells stand in another order now
  draw: boolean; // what is drawn is not what it is
}

// budget is how many milliseconds of a frame go into drawing. What is left comes with
// the next frame, so that a wall on which all changes does not stutter.
const budget = 6;

class Wall {
  private cells = new Map<string, Cell>();
  private sites = new Map<string, string>();
  private tiles: Tile[] = [];
  private ctx: CanvasRenderingContext2D;
  private due = false;
  private next = 0;
  private colours: Record<string, string> = {};
  private hatch: CanvasPattern | null = null;
  private chosen = "";
  under = "";

  constructor(private canvas: HTMLCanvasElement) {
    this.ctx = canvas.getContext("2d") as CanvasRenderingContext2D;
    this.readColours();
    new ResizeObserver(() => this.layout()).observe(canvas.parentElement as Element);
    onTheme(() => {
      this.readColours();
      this.drawAll();
    });
  }

  fill(sites: Site[], rows: Row[]): void {
    this.sites = new Map(sites.map((s) => [s.id, s.name]));
    this.cells = new Map(rows.map(([id, name, site, presence, state, score]) => [id, { id, name, site: sites[site]?.id ?? "", presence, state, score }]));
    this.layout();
  }

  // change takes news in, and reports whether an endpoint is new on the wall.
  change(list: Change[]): boolean {
    let fresh = false;
    const tiles = new Map(this.tiles.map((t) => [t.site, t]));
    const rem = this.rem();
    for (const c of list) {
      const cell = this.cells.get(c.id);
      if (!cell) {
        fresh = true;
        continue;
      }
      const before = kind(cell);
      const said = cell.name + cell.score + cell.presence;
      Object.assign(cell, { name: c.name, presence: c.presence, state: c.state, score: c.score });
      const tile = tiles.get(cell.site);
      if (!tile) continue;
      if (kind(cell) !== before) tile.sort = tile.draw = true;
      else if (cell.box && roomy(cell.box, rem) && cell.name + cell.score + cell.presence !== said) tile.draw = true;
    }
    this.paint();
    return fresh;
  }

  // mark gives a cell its ring, and takes it from the one that had it.
  mark(what: "chosen" | "under", id: string): void {
    const of = [this[what], id];
    this[what] = id;
    for (const t of this.tiles) t.draw ||= t.cells.some((c) => of.includes(c.id));
    this.paint();
  }

  at(x: number, y: number): Cell | undefined {
    for (const t of this.tiles) {
      if (x < t.box.x || y < t.box.y || x >= t.box.x + t.box.w || y >= t.box.y + t.box.h) continue;
      return t.cells.find((c) => c.box && x >= c.box.x && y >= c.box.y && x < c.box.x + c.box.w && y < c.box.y + c.box.h);
    }
    return undefined;
  }

  private rem(): number {
    return parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  private readColours(): void {
    for (const name of ["ground", "surface", "raised", "line", "edge", "text", "muted", "accent", "focus", "critical", "warning", "info", "healthy", "unknown", "maintenance"]) {
      this.colours[name] = colour(name);
    }
    const p = document.createElement("canvas");
    p.width = p.height = 8;
    const c = p.getContext("2d");
    if (!c) return;
    c.strokeStyle = this.colours.unknown ?? "grey";
    c.lineWidth = 1.5;
    for (const d of [-8, 0, 8]) {
      c.beginPath();
      c.moveTo(d, 8);
      c.lineTo(d + 8, 0);
      c.stroke();
    }
    this.hatch = this.ctx.createPattern(p, "repeat");
  }

  private layout(): void {
    const host = this.canvas.parentElement as HTMLElement;
    const none = this.cells.size === 0;
    document.getElementById("wall-none")?.toggleAttribute("hidden", !none);
    this.canvas.hidden = none;
    if (none) return;
    const w = host.clientWidth;
    const rem = this.rem();
    const bySite = new Map<string, Cell[]>();
    for (const c of this.cells.values()) {
      const list = bySite.get(c.site);
      if (list) list.push(c);
      else bySite.set(c.site, [c]);
    }
    // On a narrow screen a site is as high as its cells need; on a wide one the
    // wall is as high as the screen leaves room for.
    const names = [...bySite.keys()].sort((a, b) => (this.sites.get(a) ?? "").localeCompare(this.sites.get(b) ?? ""));
    const lists = names.map((s) => bySite.get(s) ?? []);
    const head = 1.6 * rem;
    const boxes = matchMedia("(max-width: 70rem)").matches ? stack(lists, w, rem, head) : pack(lists.map((l) => l.length + 2), { x: 0, y: 0, w, h: Math.max(16 * rem, host.clientHeight) });
    const h = Math.max(...boxes.map((b) => b.y + b.h));
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(w * ratio);
    this.canvas.height = Math.round(h * ratio);
    this.canvas.style.width = `${w}px`;
    this.canvas.style.height = `${h}px`;
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.tiles = names.map((site, i) => {
      const box = gap(boxes[i] as Box, 0.5 * rem, w, h);
      return { site, box, cells: lists[i] as Cell[], head, type: rem, sort: true, draw: true };
    });
    this.drawAll();
  }

  // order puts a site's cells where they stand, the worst first.
  private order(t: Tile, rem: number): void {
    const ranks = new Map(t.cells.map((c) => [c, rank[kind(c)]]));
    t.cells.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0) || a.score - b.score || (a.name < b.name ? -1 : 1));
    place(t.cells, { x: t.box.x + 0.5 * rem, y: t.box.y + t.head, w: t.box.w - rem, h: t.box.h - t.head - 0.5 * rem }, rem);
    t.type = this.type(t.cells, rem);
    t.sort = false;
  }

  // type is how large the cells of a site are written: as their room allows, and so
  // that the names fit while that keeps them readable.
  private type(cells: Cell[], rem: number): number {
    const b = cells[0]?.box;
    if (!b || !roomy(b, rem)) return rem; // nothing is written there
    this.ctx.font = `400 100px Inter, sans-serif`;
    const longest = Math.max(...cells.map((c) => this.ctx.measureText(c.name.slice(0, 40)).width / 100));
    return Math.max(0.8 * rem, Math.min(b.h * 0.25, b.w * 0.1, (b.w - 1.2 * rem) / longest, 2.75 * rem));
  }

  // paint draws what has changed with the frames to come.
  paint(): void {
    if (this.due || !this.tiles.some((t) => t.draw)) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      const end = performance.now() + budget;
      for (let n = this.tiles.length; n > 0 && performance.now() < end; n--) {
        this.next = (this.next + 1) % this.tiles.length; // each has its turn, however much changes
        const t = this.tiles[this.next];
        if (t?.draw) this.tile(t);
      }
      this.paint();
    });
  }

  // drawAll draws the whole wall at once: whoever waits for it waits no frame longer.
  private drawAll(): void {
    this.ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const t of this.tiles) this.tile(t);
  }

  private tile(t: Tile): void {
    const { ctx } = this;
    const rem = this.rem();
    if (t.sort) this.order(t, rem);
    t.draw = false;
    ctx.clearRect(t.box.x - 1, t.box.y - 1, t.box.w + 2, t.box.h + 2);
    ctx.fillStyle = this.colours.surface ?? "";
    ctx.strokeStyle = this.colours.line ?? "";
    ctx.lineWidth = 1;
    round(ctx, t.box, 0.5 * rem);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = this.colours.text ?? "";
    ctx.font = `600 ${0.8125 * rem}px Inter, sans-serif`;
    ctx.textBaseline = "middle";
    const ill = t.cells.filter((c) => rank[kind(c)] <= rank.warning).length;
    const count = `${t.cells.length}${ill > 0 ? `, ${ill} ill` : ""}`;
    ctx.fillText(fit(ctx, this.sites.get(t.site) ?? "", t.box.w - rem * 1.5 - ctx.measureText(count).width), t.box.x + 0.5 * rem, t.box.y + t.head / 2);
    ctx.fillStyle = this.colours.muted ?? "";
    ctx.textAlign = "right";
    ctx.fillText(count, t.box.x + t.box.w - 0.5 * rem, t.box.y + t.head / 2);
    ctx.textAlign = "left";
    for (const c of t.cells) this.cell(c, t.type, rem);
  }

  private cell(c: Cell, type: number, rem: number): void {
    const { ctx } = this;
    const b = c.box;
    if (!b) return;
    const k = kind(c);
    const tone = this.colours[k === "silent" ? "edge" : k === "away" ? "line" : k === "held" ? "maintenance" : k === "stuck" ? "warning" : k] ?? "";
    const small = b.w < 1.1 * rem;
    round(ctx, b, Math.min(0.3 * rem, b.w / 4));
    if (k === "silent" || k === "away") {
      ctx.strokeStyle = tone;
      ctx.lineWidth = small ? 1 : 1.5;
      ctx.stroke();
    } else if (k === "unknown") {
      ctx.fillStyle = this.hatch ?? tone;
      ctx.globalAlpha = small ? 1 : 0.3; // what is written over it is read
      ctx.fill();
      ctx.globalAlpha = 1;
    } else {
      ctx.globalAlpha = small || strongly(k) ? 1 : 0.22;
      ctx.fillStyle = tone;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
    if (!small) this.inside(c, k, b, tone, type, rem);
    if (c.id === this.chosen || c.id === this.under) {
      ctx.strokeStyle = this.colours.focus ?? "";
      ctx.lineWidth = 2;
      round(ctx, { x: b.x - 1, y: b.y - 1, w: b.w + 2, h: b.h + 2 }, 0.35 * rem);
      ctx.stroke();
    }
  }

  // inside writes what there is room for: a sign, the score, the name.
  private inside(c: Cell, k: Kind, b: Box, tone: string, type: number, rem: number): void {
    const { ctx } = this;
    const strong = strongly(k);
    ctx.fillStyle = strong ? (this.colours.ground ?? "") : k === "silent" || k === "away" || k === "unknown" ? (this.colours.muted ?? "") : (this.colours.text ?? "");
    const wide = roomy(b, rem);
    const left = b.x + 0.6 * rem;
    const lead = Math.min(type * 1.5, b.h * 0.42);
    const top = b.y + Math.min(b.h * 0.29, 0.5 * rem + lead / 2);
    sign(ctx, k, wide ? left + type * 0.4 : b.x + b.w / 2, wide ? top : b.y + b.h / 2, wide ? type * 0.4 : 0.3 * rem, strong ? (this.colours.ground ?? "") : k === "away" ? (this.colours.muted ?? "") : tone);
    if (!wide) return;
    ctx.textBaseline = "middle";
    ctx.font = `550 ${type}px Inter, sans-serif`;
    const score = c.score >= 0 && c.presence === "online" ? String(c.score) : k === "held" ? "held" : (words[c.presence] ?? "–");
    ctx.fillText(score, left + type * 1.15, top);
    ctx.font = `400 ${type}px Inter, sans-serif`;
    ctx.fillText(fit(ctx, c.name, b.w - 1.2 * rem), left, top + lead);
  }
}

// roomy says which cells have room for words.
function roomy(b: Box, rem: number): boolean {
  return b.w >= 5 * rem && b.h >= 2.4 * rem;
}

// stack puts sites below each other, each as high as its cells need.
function stack(lists: Cell[][], w: number, rem: number, head: number): Box[] {
  let y = 0;
  return lists.map((l) => {
    const roomy = l.length <= 80;
    const columns = Math.max(1, Math.floor((w - 1.5 * rem) / (roomy ? 6.5 * rem : 1.25 * rem)));
    const h = head + rem + Math.ceil(l.length / columns) * (roomy ? 3 * rem : 1.25 * rem);
    const box = { x: 0, y, w, h };
    y += h;
    return box;
  });
}

// gap leaves room between a box and those right of it and below it, so that the
// wall's own edges stand where the page's do.
function gap(b: Box, by: number, w: number, h: number): Box {
  const right = b.x + b.w >= w - 1 ? 0 : by;
  const below = b.y + b.h >= h - 1 ? 0 : by;
  return { x: b.x + 0.5, y: b.y + 0.5, w: Math.max(0, b.w - right - 1), h: Math.max(0, b.h - below - 1) };
}

// place puts cells into a box so that they fill it, in reading order, each as near
// to two and a half times as wide as high as it can be: a sign, a figure, a name.
function place(cells: Cell[], b: Box, rem: number): void {
  const n = Math.max(1, cells.length);
  let columns = 1;
  let best = Infinity;
  for (let c = 1; c <= n; c++) {
    const w = b.w / c;
    const h = b.h / Math.ceil(n / c);
    const named = w >= 5.25 * rem && h >= 2.7 * rem; // there is room for a name
    const off = Math.abs(Math.log(w / h / (named ? 2.5 : 1))) + (named ? 0 : 2) + (Math.ceil(n / c) * c - n) / n;
    if (off < best) [best, columns] = [off, c];
  }
  const w = b.w / columns;
  const h = b.h / Math.ceil(n / columns);
  const space = w > 2 * rem ? 0.25 * rem : w > 8 ? 2 : 1;
  cells.forEach((c, i) => {
    c.box = { x: b.x + (i % columns) * w, y: b.y + Math.floor(i / columns) * h, w: Math.max(1, w - space), h: Math.max(1, h - space) };
  });
}

function round(ctx: CanvasRenderingContext2D, b: Box, r: number): void {
  ctx.beginPath();
  ctx.roundRect(b.x, b.y, b.w, b.h, r);
}

function fit(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let end = Math.min(text.length, 80);
  while (end > 1 && ctx.measureText(text.slice(0, end) + "…").width > width) end--;
  return end > 1 ? text.slice(0, end) + "…" : "";
}

// strongly says which cells are filled wherever they are.
function strongly(k: Kind): boolean {
  return k === "critical" || k === "warning" || k === "stuck" || k === "held";
}

// sign draws the glyph of a kind, so that no cell speaks by colour alone.
function sign(ctx: CanvasRenderingContext2D, k: Kind, x: number, y: number, r: number, tone: string): void {
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = tone;
  ctx.lineWidth = Math.max(1.4, r / 2.6);
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  ctx.beginPath();
  switch (k) {
    case "critical":
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r);
      ctx.lineTo(x - r, y);
      ctx.fill();
      break;
    case "warning":
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y + r * 0.8);
      ctx.lineTo(x - r, y + r * 0.8);
      ctx.fill();
      break;
    case "info":
      ctx.arc(x, y, r * 0.75, 0, 7);
      ctx.fill();
      break;
    case "healthy":
      ctx.moveTo(x - r * 0.8, y);
      ctx.lineTo(x - r * 0.2, y + r * 0.65);
      ctx.lineTo(x + r * 0.85, y - r * 0.65);
      ctx.stroke();
      break;
    case "held":
      ctx.moveTo(x - r * 0.4, y - r * 0.8);
      ctx.lineTo(x - r * 0.4, y + r * 0.8);
      ctx.moveTo(x + r * 0.4, y - r * 0.8);
      ctx.lineTo(x + r * 0.4, y + r * 0.8);
      ctx.stroke();
      break;
    case "silent":
      ctx.arc(x, y, r * 0.7, 0, 7);
      ctx.stroke();
      break;
    case "stuck":
      ctx.moveTo(x, y - r * 0.8);
      ctx.lineTo(x, y + r * 0.15);
      ctx.moveTo(x, y + r * 0.75);
      ctx.lineTo(x, y + r * 0.76);
      ctx.stroke();
      break;
    case "away":
      ctx.arc(x, y, r * 0.8, 0.6, Math.PI + 1.2);
      ctx.arc(x + r * 0.45, y - r * 0.45, r * 0.75, Math.PI * 0.9, Math.PI * 0.55, true);
      ctx.fill();
      break;
    default:
      ctx.arc(x, y - r * 0.35, r * 0.45, Math.PI, Math.PI * 2.4);
      ctx.lineTo(x, y + r * 0.35);
      ctx.stroke();
  }
  ctx.restore();
}

function begin(canvas: HTMLCanvasElement): void {
  const wall = new Wall(canvas);
  const drawer = document.getElementById("drawer");
  const body = document.getElementById("drawer-body");
  const load = async (): Promise<void> => {
    const answer = await fetch(canvas.dataset.wall ?? "/noc/cells", { credentials: "same-origin" });
    if (!answer.ok) return;
    const data = (await answer.json()) as { sites: Site[]; cells: Row[] };
    wall.fill(data.sites, data.cells);
    canvas.dataset.drawn = String(data.cells.length);
  };
  void load();
  let from: HTMLElement | null = null;
  const show = (id: string, opener: HTMLElement | null): void => {
    if (!drawer || !body) return;
    from = opener;
    wall.mark("chosen", id);
    drawer.hidden = false;
    document.dispatchEvent(new CustomEvent("noc:card", { detail: id }));
    body.focus({ preventScroll: true });
  };
  const hide = (): void => {
    if (!drawer || drawer.hidden) return;
    drawer.hidden = true;
    wall.mark("chosen", "");
    from?.focus();
  };
  const cellAt = (e: MouseEvent): string => wall.at(e.offsetX, e.offsetY)?.id ?? "";
  canvas.addEventListener("mousemove", (e) => {
    const id = cellAt(e);
    const cell = wall.at(e.offsetX, e.offsetY);
    canvas.title = cell ? `${cell.name}: ${cell.presence}${cell.score >= 0 && cell.presence === "online" ? `, health ${cell.score}` : ""}` : "";
    canvas.classList.toggle("over-cell", id !== "");
    if (id === wall.under) return;
    wall.mark("under", id);
  });
  canvas.addEventListener("mouseleave", () => {
    wall.mark("under", "");
  });
  canvas.addEventListener("click", (e) => {
    const id = cellAt(e);
    if (id) show(id, null);
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const link = e.target.closest<HTMLElement>("[data-card]");
    if (link?.dataset.card && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      e.preventDefault();
      show(link.dataset.card, link);
    }
    if (e.target.closest("[data-drawer-close]")) hide();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") hide();
  });
  document.addEventListener("live:endpoint", (e) => {
    const { data } = (e as CustomEvent).detail as { data: Change[] };
    if (wall.change(data)) void load();
    document.dispatchEvent(new CustomEvent("noc:changed"));
  });
  document.addEventListener("live:back", () => void load());
}

const canvas = document.querySelector<HTMLCanvasElement>("canvas[data-wall]");
if (canvas) begin(canvas);
