// A terminal's screen under our policy, which runs no style that a script writes
// into the page: xterm.js is given a document whose style elements are sheets.

import { Terminal } from "../vendor/xterm/xterm.js";

function styleSheet(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const stand = document.createElement("span"); // stands in the page where the style would
  stand.hidden = true;
  Object.defineProperty(stand, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  const remove = stand.remove.bind(stand);
  stand.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== sheet);
    remove();
  };
  return stand;
}

const ours = new Proxy(document, {
  get(target, key) {
    if (key === "createElement") return (name: string) => (name === "style" ? styleSheet() : target.createElement(name));
    const value = Reflect.get(target, key, target) as unknown;
    return typeof value === "function" ? value.bind(target) : value;
  },
});

// newScreen returns a screen in a box. What a program asks a terminal to do besides
// showing text (titles, links, the clipboard) has no effect.
export function newScreen(box: HTMLElement, cols: number, rows: number, typing: boolean): Terminal {
  const screen = new Terminal({
    documentOverride: ours,
    cols,
    rows,
    disableStdin: !typing,
    screenReaderMode: true,
    cursorBlink: false,
    scrollback: 5000,
    fontSize: 13,
    fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Noto Sans Mono', 'DejaVu Sans Mono', monospace",
    minimumContrastRatio: 4.5,
    linkHandler: { activate: () => {} },
    theme: { background: "#16161d", foreground: "#e8e8ee", cursor: "#e8e8ee" },
  });
  screen.open(box);
  return screen;
}
