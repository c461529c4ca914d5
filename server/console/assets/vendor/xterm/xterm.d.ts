// The part of xterm.js that pages use.
export interface Disposable { dispose(): void }
export class Terminal {
  constructor(options?: Record<string, unknown>);
  readonly cols: number;
  readonly rows: number;
  readonly textarea: HTMLTextAreaElement | undefined;
  open(parent: HTMLElement): void;
  write(data: string | Uint8Array, done?: () => void): void;
  resize(cols: number, rows: number): void;
  reset(): void;
  focus(): void;
  blur(): void;
  dispose(): void;
  onData(listener: (data: string) => void): Disposable;
  onBinary(listener: (data: string) => void): Disposable;
  attachCustomKeyEventHandler(handler: (e: KeyboardEvent) => boolean): void;
}
