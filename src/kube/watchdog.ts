import { StowageError } from '../errors.ts';
import type { Clock } from './clock.ts';

/** Aborts a signal when nothing was heard for a while. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #what: string;
  #heardAt: number;
  #cancel: () => void;

  /** @param patience milliseconds */
  constructor(clock: Clock, patience: number, what: string) {
    this.#clock = clock;
    this.#patience = patience;
    this.#what = what;
    this.#heardAt = clock.monotonic();
    this.#cancel = clock.after(patience, () => this.#check());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Cheap, for it is called with each event: the timer finds out by itself that it was too early. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  stop(): void {
    this.#cancel();
  }

  #check(): void {
    const left = this.#heardAt + this.#patience - this.#clock.monotonic();
    if (left > 0) this.#cancel = this.#clock.after(left, () => this.#check());
    else this.#controller.abort(this.#silence());
  }

  #silence(): StowageError {
    const seconds = this.#patience / 1000;
    return new StowageError('Timeout', `a watch of ${this.#what} was silent for ${seconds} s`, {
      retryable: true,
    });
  }
}
