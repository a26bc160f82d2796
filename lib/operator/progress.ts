/** Shows how a deployment goes on. */
export interface Progress {
  /** A state was entered. */
  begin(state: string, doing: string): void;
  /** It was left. `seconds` of the execution's own time. */
  end(state: string, ok: boolean, seconds: number, note: string): void;
  /** Something to be read now. */
  say(text: string): void;
  close(): void;
}

type Out = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

/** A moving last line on a terminal, plain lines elsewhere, nothing where only the result counts. */
export function progressOn(out: Out, quiet: boolean): Progress {
  if (quiet) return { begin() {}, end() {}, say() {}, close() {} };
  return out.isTTY ? new TerminalProgress(out) : new LineProgress(out);
}

class LineProgress implements Progress {
  readonly #out: Out;

  constructor(out: Out) {
    this.#out = out;
  }

  begin(state: string, doing: string): void {
    this.#out.write(`${time()}  ${state}: ${doing}\n`);
  }

  end(state: string, ok: boolean, seconds: number, note: string): void {
    this.#out.write(
      `${time()}  ${state} ${ok ? 'done' : 'FAILED'} in ${duration(seconds)}${note ? `: ${note}` : ''}\n`,
    );
  }

  say(text: string): void {
    this.#out.write(`${text}\n`);
  }

  close(): void {}
}

class TerminalProgress implements Progress {
  readonly #out: Out;
  readonly #timer: NodeJS.Timeout;
  #frame = 0;
  #current: { state: string; doing: string; since: number } | undefined;

  constructor(out: Out) {
    this.#out = out;
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
  }

  begin(state: string, doing: string): void {
    this.#current = { state, doing, since: Date.now() };
    this.#draw();
  }

  end(state: string, ok: boolean, seconds: number, note: string): void {
    this.#current = undefined;
    const mark = ok ? '\x1b[32m✔\x1b[0m' : '\x1b[31m✘\x1b[0m';
    this.#line(`${mark} ${state.padEnd(20)} ${duration(seconds).padStart(9)}${note ? `  ${note}` : ''}`);
  }

  say(text: string): void {
    this.#line(text);
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#out.write('\r\x1b[K');
  }

  #line(text: string): void {
    this.#out.write(`\r\x1b[K${text}\n`);
  }

  #draw(): void {
    if (!this.#current) return;
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const { state, doing, since } = this.#current;
    const text = `${FRAMES[this.#frame]} ${state.padEnd(20)} ${duration((Date.now() - since) / 1000).padStart(9)}  ${doing}`;
    this.#out.write(`\r\x1b[K${text.slice(0, (this.#out.columns || 80) - 1)}`);
  }
}

const time = (): string => new Date().toTimeString().slice(0, 8);
