// Roles of colours as values, for canvases: the custom properties themselves say
// "light-dark(…)", which only an element can resolve.

let probe: HTMLElement | undefined;

export function colour(role: string): string {
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${role})`;
  return getComputedStyle(probe).color;
}

// onTheme calls f when light becomes dark, or the reverse.
export function onTheme(f: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", f);
}
