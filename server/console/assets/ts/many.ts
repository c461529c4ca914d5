// Rows of a form: more of the same, and fewer, with the keyboard as with the mouse.

let fresh = 0;

function more(group: HTMLElement): void {
  const list = group.querySelector("[data-many-list]");
  const row = group.querySelector("template")?.content.firstElementChild?.cloneNode(true);
  if (!list || !(row instanceof HTMLElement)) return;
  // Fields of one row have its key in their names, so that the server tells rows apart.
  fresh += 1;
  for (const el of [row, ...row.querySelectorAll("*")]) {
    for (const a of [...el.attributes]) {
      if (a.value.includes("fresh")) el.setAttribute(a.name, a.value.replaceAll("fresh", `new${fresh}`));
    }
  }
  list.append(row);
  row.querySelector<HTMLElement>("select, input:not([type=hidden])")?.focus();
}

function less(row: HTMLElement): void {
  const group = row.closest("[data-many]");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector<HTMLElement>("[data-many-less]") ?? group?.querySelector<HTMLElement>("[data-many-more]"))?.focus();
}

export function beginMany(): void {
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const group = e.target.closest("[data-many-more]")?.closest<HTMLElement>("[data-many]");
    if (group) more(group);
    const row = e.target.closest("[data-many-less]")?.closest<HTMLElement>("[data-many-row]");
    if (row) less(row);
  });
}
