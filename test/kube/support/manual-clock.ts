import { setImmediate as tick } from 'node:timers/promises';
import type { Clock } from '../../../src/kube/clock.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  monotonic(): number {
    return this.#now;
  }

  /** Begins with the year 2026. */
  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#now);
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the first that waits is called back. */
  get nextIn(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at)) - this.#now;
  }

  /** Moves on, and calls back whoever waits for less, in order, each time with a pause in which promises go on. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await tick();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await tick();
    }
    this.#now = end;
  }

  /** As after a pause of the whole process: it is late at once, and whoever waits is called back too late. */
  async jump(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    await this.advance(0);
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
