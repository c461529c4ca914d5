// A squarified treemap (Bruls, Huizing, van Wijk): boxes with the areas that are
// asked for, as near to squares as they can be, in the order given.

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

function worst(row: number[], side: number): number {
  const sum = row.reduce((a, b) => a + b, 0);
  return Math.max(...row.map((a) => Math.max((side * side * a) / (sum * sum), (sum * sum) / (side * side * a))));
}

export function pack(weights: number[], into: Box): Box[] {
  const all = weights.reduce((a, b) => a + b, 0);
  const areas = weights.map((w) => (w / all) * into.w * into.h);
  const out: Box[] = [];
  let free = { ...into };
  let row: number[] = [];
  const flush = (): void => {
    const sum = row.reduce((a, b) => a + b, 0);
    const across = free.w >= free.h;
    const thick = sum / (across ? free.h : free.w);
    let at = 0;
    for (const a of row) {
      const long = a / thick;
      out.push(across ? { x: free.x, y: free.y + at, w: thick, h: long } : { x: free.x + at, y: free.y, w: long, h: thick });
      at += long;
    }
    free = across ? { x: free.x + thick, y: free.y, w: free.w - thick, h: free.h } : { x: free.x, y: free.y + thick, w: free.w, h: free.h - thick };
    row = [];
  };
  for (const a of areas) {
    const side = Math.min(free.w, free.h);
    if (row.length > 0 && worst([...row, a], side) > worst(row, side)) flush();
    row.push(a);
  }
  if (row.length > 0) flush();
  return out;
}
