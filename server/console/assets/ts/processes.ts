// The table of all processes of a machine, and the order in which it is shown. All of
// it is what the machine says: parents may be missing, or be their own children.

export interface Now {
  pid: number;
  ppid?: number;
  state?: string;
  cpu_percent: number;
  rss: number;
  io?: number;
}

export interface Row extends Now {
  name: string;
  user?: string;
  started?: string;
  command?: string;
}

export interface Changes {
  begin?: boolean;
  total: number;
  running: number;
  left_out?: number;
  rows?: Row[];
  now?: Now[];
  gone?: number[];
}

export class Table {
  rows = new Map<number, Row>();
  total = 0;
  running = 0;
  leftOut = 0;

  apply(c: Changes): void {
    if (c.begin) this.rows.clear();
    for (const pid of c.gone ?? []) this.rows.delete(pid);
    for (const r of c.rows ?? []) this.rows.set(r.pid, r);
    for (const n of c.now ?? []) {
      const r = this.rows.get(n.pid);
      if (r) this.rows.set(n.pid, { name: r.name, user: r.user, started: r.started, command: r.command, ...n });
    }
    this.total = c.total;
    this.running = c.running;
    this.leftOut = c.left_out ?? 0;
  }
}

export type By = "cpu" | "rss" | "io" | "name";

const orders: Record<By, (a: Row, b: Row) => number> = {
  cpu: (a, b) => b.cpu_percent - a.cpu_percent || b.rss - a.rss || a.pid - b.pid,
  rss: (a, b) => b.rss - a.rss || a.pid - b.pid,
  io: (a, b) => (b.io ?? -1) - (a.io ?? -1) || b.cpu_percent - a.cpu_percent || a.pid - b.pid,
  name: (a, b) => a.name.localeCompare(b.name) || a.pid - b.pid,
};

// Order is who stands below whom: it holds still while what the rows say goes on.
export interface Order {
  roots: number[];
  kids: Map<number, number[]>;
}

export function order(table: Table, by: By, flat: boolean): Order {
  const rows = Array.from(table.rows.values()).sort(orders[by]);
  const kids = new Map<number, number[]>();
  if (flat) return { roots: rows.map((r) => r.pid), kids };
  const roots: number[] = [];
  for (const r of rows) {
    const parent = r.ppid;
    if (parent === undefined || parent === r.pid || !table.rows.has(parent)) {
      roots.push(r.pid);
      continue;
    }
    const list = kids.get(parent);
    if (list) list.push(r.pid);
    else kids.set(parent, [r.pid]);
  }
  // What hangs on nothing but itself is a root as well.
  const seen = new Set<number>();
  const reach = (from: number[]): void => {
    const stack = [...from];
    for (let pid = stack.pop(); pid !== undefined; pid = stack.pop()) {
      if (seen.has(pid)) continue;
      seen.add(pid);
      for (const k of kids.get(pid) ?? []) stack.push(k);
    }
  };
  reach(roots);
  for (const r of rows) {
    if (seen.has(r.pid)) continue;
    const above = kids.get(r.ppid ?? -1);
    if (above) above.splice(above.indexOf(r.pid), 1);
    roots.push(r.pid);
    reach([r.pid]);
  }
  return { roots, kids };
}

// Line is a row as it is shown.
export interface Line {
  pid: number;
  level: number;
  at: number; // among its siblings, from 1
  of: number;
  kids: number;
  open: boolean;
}

// lines are those that can be seen: what is in a closed branch cannot, nor what a
// filter leaves out. keep is undefined without a filter, which opens every branch.
export function lines(o: Order, closed: Set<number>, keep: Set<number> | undefined): Line[] {
  const out: Line[] = [];
  const filtered = (list: number[]): number[] => (keep ? list.filter((pid) => keep.has(pid)) : list);
  interface Step {
    list: number[];
    next: number;
  }
  const stack: Step[] = [{ list: filtered(o.roots), next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const pid = top.list[top.next++];
    if (pid === undefined) {
      stack.pop();
      continue;
    }
    const below = filtered(o.kids.get(pid) ?? []);
    const open = below.length > 0 && (keep !== undefined || !closed.has(pid));
    out.push({ pid, level: stack.length, at: top.next, of: top.list.length, kids: below.length, open });
    if (open) stack.push({ list: below, next: 0 });
  }
  return out;
}

// matching are the rows that have all words, with all above them; undefined without words.
export function matching(table: Table, o: Order, text: string, flat: boolean): Set<number> | undefined {
  const words = text.toLowerCase().split(/\s+/).filter((w) => w !== "");
  if (words.length === 0) return undefined;
  const above = new Map<number, number>();
  for (const [pid, list] of o.kids) for (const k of list) above.set(k, pid);
  const keep = new Set<number>();
  for (const r of table.rows.values()) {
    const has = `${r.pid} ${r.name} ${r.user ?? ""} ${r.command ?? ""}`.toLowerCase();
    if (!words.every((w) => has.includes(w))) continue;
    for (let pid: number | undefined = r.pid; pid !== undefined && !keep.has(pid); pid = flat ? undefined : above.get(pid)) keep.add(pid);
  }
  return keep;
}

// amount writes bytes as the pages do.
export function amount(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  for (; n >= 999.5 && i < units.length - 1; i++) n /= 1000;
  return `${i === 0 || n >= 99.95 ? n.toFixed(0) : n.toFixed(1)} ${units[i]}`;
}

export function percent(v: number): string {
  return `${v > 0 && v < 9.95 ? v.toFixed(1).replace(/\.0$/, "") : v.toFixed(0)} %`;
}
