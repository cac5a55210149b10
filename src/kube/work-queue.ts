import { backoffDelay, type Backoff } from './backoff.ts';
import { SYSTEM_CLOCK, type Clock } from './clock.ts';

/**
 * A second is soon for a person who waits and seldom for a server that is down; a quarter of an hour is how long
 * something that has been mended may still look broken. (Milliseconds of first delay only help against conflicts, and
 * those are met by reading again.)
 */
const RETRY_BACKOFF: Backoff = { first: 1_000, max: 900_000 };

/** What happens in a queue, for metrics. Calls must be cheap and not throw. Seconds. */
export interface QueueObserver {
  /** How many keys wait for a worker now. */
  depth(keys: number): void;
  /** A worker took a key that had waited so long. */
  taken(waited: number): void;
  /** A worker was done with a key after so long. */
  done(worked: number): void;
  /** A key failed and will be tried again. */
  retried(): void;
}

export interface WorkQueueOptions {
  readonly backoff?: Backoff;
  readonly observer?: QueueObserver;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

interface Delayed {
  readonly at: number;
  readonly cancel: () => void;
}

/**
 * Keys that somebody should look at. A key that is added ten times is looked at once; one that is added while it is
 * looked at is looked at again afterwards; never do two look at the same key at once. First come, first served.
 */
export class WorkQueue {
  readonly #backoff: Backoff;
  readonly #observer: QueueObserver | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Keys that wait for a worker, in order, with the time they were added. */
  readonly #waiting = new Map<string, number>();
  /** Keys that a worker has, with the time it took them. */
  readonly #taken = new Map<string, number>();
  /** Those among them that were added again, with the time of that. */
  readonly #again = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #idle: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor({ backoff, observer, clock, random }: WorkQueueOptions = {}) {
    this.#backoff = backoff ?? RETRY_BACKOFF;
    this.#observer = observer;
    this.#clock = clock ?? SYSTEM_CLOCK;
    this.#random = random ?? Math.random;
  }

  /** How many keys wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    if (this.#taken.has(key)) this.#again.set(key, this.#again.get(key) ?? now);
    else this.#enter(key, now);
  }

  /** Adds a key later, unless it is due sooner already. Milliseconds. */
  addAfter(key: string, delay: number): void {
    if (this.#closed) return;
    if (delay <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + delay;
    const before = this.#delayed.get(key);
    if (before !== undefined && before.at <= at) return;
    before?.cancel();
    const cancel = this.#clock.after(delay, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /**
   * Adds a key that failed, later each time it fails again.
   * @param atLeast milliseconds that somebody asked us to wait.
   * @returns the milliseconds it will wait.
   */
  addFailed(key: string, atLeast = 0): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delay = Math.max(backoffDelay(this.#backoff, failures, this.#random()), atLeast);
    this.addAfter(key, delay);
    this.#observer?.retried();
    return delay;
  }

  /** How often a key has failed in a row. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** A key did not fail: the next failure is the first again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, when there is one; undefined when the queue is closed. Whoever takes a key must say done(). */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [next] = this.#waiting;
    if (next === undefined) return new Promise((resolve) => this.#idle.push(resolve));
    const [key, since] = next;
    this.#waiting.delete(key);
    this.#hand(key, since);
    return Promise.resolve(key);
  }

  done(key: string): void {
    const since = this.#taken.get(key);
    if (since === undefined) return;
    this.#taken.delete(key);
    this.#observer?.done((this.#clock.monotonic() - since) / 1000);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined && !this.#closed) this.#enter(key, again);
  }

  /**
   * Takes no more keys and gives none out. What waits is dropped: whoever starts next derives it anew from what is
   * there, while whoever waits for us to end has only seconds.
   */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#observer?.depth(0);
    for (const resolve of this.#idle.splice(0)) resolve(undefined);
  }

  #enter(key: string, since: number): void {
    if (this.#waiting.has(key)) return;
    const worker = this.#idle.shift();
    if (worker !== undefined) {
      this.#hand(key, since);
      worker(key);
      return;
    }
    this.#waiting.set(key, since);
    this.#observer?.depth(this.#waiting.size);
  }

  #hand(key: string, since: number): void {
    const now = this.#clock.monotonic();
    this.#taken.set(key, now);
    this.#observer?.taken((now - since) / 1000);
    this.#observer?.depth(this.#waiting.size);
  }
}
