import { sleep, type Clock } from './clock.ts';

/** How many requests a client allows itself. */
export interface RateLimit {
  /** On average. */
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

/**
 * Gives each caller its turn, in the order they came: a token bucket, kept as the one moment at which it will be full
 * of debt no more (the "virtual scheduling" form of the generic cell rate algorithm, ITU-T I.371).
 */
export class RateLimiter {
  readonly #interval: number;
  readonly #tolerance: number;
  readonly #clock: Clock;
  #due = 0;

  constructor({ perSecond, burst }: RateLimit, clock: Clock) {
    this.#interval = 1000 / perSecond;
    this.#tolerance = this.#interval * burst;
    this.#clock = clock;
  }

  /** Takes a turn if there is one now. */
  tryTake(): boolean {
    const now = this.#clock.monotonic();
    const due = Math.max(this.#due, now) + this.#interval;
    if (due - this.#tolerance > now) return false;
    this.#due = due;
    return true;
  }

  /** Waits for a turn. Rejects with the signal's reason; the turn is lost then. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    this.#due = Math.max(this.#due, now) + this.#interval;
    const wait = this.#due - this.#tolerance - now;
    if (wait > 0) await sleep(this.#clock, wait, signal);
  }
}
