/** Time as the embedded engine sees it. Injectable, so that a test need not wait for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms` milliseconds of this clock; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** As `after`, for periodic work that must not by itself make time pass. */
  background(ms: number, callback: () => void): () => void;
  /** Says that real work is under way (a process, a request): time must not jump while it is. */
  hold<T>(work: Promise<T>): Promise<T>;
}

/** setTimeout fires at once for more than 2^31-1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  }

  background(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER));
    timer.unref();
    return () => clearTimeout(timer);
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  readonly background: boolean;
}

/**
 * A clock that jumps to the next timer as soon as nothing real is under way: a wait of half an hour
 * takes no time. Real work is what `hold` was given; while there is any, time passes as it does outside.
 */
export class JumpingClock implements Clock {
  #ahead = 0;
  #held = 0;
  #stopped = false;
  #checking = false;
  #nativeTimer: NodeJS.Timeout | undefined;
  readonly #frozenAt: number | undefined;
  readonly #settleTicks: number;
  readonly #timers = new Set<Timer>();

  /**
   * @param options.start freezes the clock at this time (ms since the epoch) except for jumps
   * @param options.settleTicks how many turns of the event loop must pass quietly before time jumps
   */
  constructor(options: { start?: number; settleTicks?: number } = {}) {
    this.#frozenAt = options.start;
    this.#settleTicks = options.settleTicks ?? 3;
  }

  now(): number {
    return (this.#frozenAt ?? Date.now()) + this.#ahead;
  }

  after(ms: number, callback: () => void): () => void {
    return this.#add(ms, callback, false);
  }

  background(ms: number, callback: () => void): () => void {
    return this.#add(ms, callback, true);
  }

  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
      this.#check();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#nativeTimer);
    this.#timers.clear();
  }

  #add(ms: number, callback: () => void, background: boolean): () => void {
    const timer: Timer = { due: this.now() + Math.max(ms, 0), callback, background };
    this.#timers.add(timer);
    this.#check();
    return () => this.#timers.delete(timer);
  }

  #check(): void {
    if (this.#checking || this.#stopped) return;
    this.#checking = true;
    const settle = (ticksLeft: number): void => {
      if (ticksLeft > 0) {
        setImmediate(settle, ticksLeft - 1);
        return;
      }
      this.#checking = false;
      this.#proceed();
    };
    setImmediate(settle, this.#settleTicks);
  }

  #proceed(): void {
    if (this.#stopped) return;
    const foreground = [...this.#timers].filter((timer) => !timer.background);
    if (this.#held > 0) {
      const next = Math.min(...[...this.#timers].map((timer) => timer.due));
      clearTimeout(this.#nativeTimer);
      if (Number.isFinite(next) && this.#frozenAt === undefined) {
        this.#nativeTimer = setTimeout(
          () => this.#fireDue(),
          Math.min(Math.max(next - this.now(), 0), LONGEST_TIMER),
        );
        this.#nativeTimer.unref();
      }
      return;
    }
    if (foreground.length === 0) return;
    const next = Math.min(...foreground.map((timer) => timer.due));
    this.#ahead += Math.max(next - this.now(), 0);
    this.#fireDue();
  }

  /** Timers due at one instant all fire before anything that they set off goes on. */
  #fireDue(): void {
    const now = this.now();
    const due = [...this.#timers].filter((timer) => timer.due <= now).sort((a, b) => a.due - b.due);
    for (const timer of due) this.#timers.delete(timer);
    for (const timer of due) timer.callback();
    this.#check();
  }
}
