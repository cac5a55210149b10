import { asStowageError, StowageError } from '../errors.ts';
import { backoffDelay, type Backoff } from './backoff.ts';
import { sleep, type Clock } from './clock.ts';

/** Sends one event. */
export type Send = (signal: AbortSignal) => Promise<unknown>;

/** Some kilobytes each. When so many wait, the API server is away, and what is new tells more than what is old. */
const MAX_WAITING = 500;

/** An event that came three times in vain is not worth holding up the others. */
const TRIES = 3;
const BACKOFF: Backoff = { first: 1_000, max: 5_000 };

/** Sends events one after the other, in the background. What cannot be sent is reported and forgotten. */
export class EventSender {
  readonly #clock: Clock;
  readonly #onTrouble: (error: StowageError) => void;
  readonly #waiting: Send[] = [];
  readonly #abort = new AbortController();
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(clock: Clock, onTrouble: (error: StowageError) => void) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  send(work: Send): void {
    if (this.#closed) return;
    this.#waiting.push(work);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#onTrouble(new StowageError('ClusterFailed', `more than ${MAX_WAITING} events wait to be sent`));
    }
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Takes no more, and waits until all are sent, or for so many milliseconds. */
  async close(milliseconds: number): Promise<void> {
    this.#closed = true;
    const enough = (): void =>
      this.#abort.abort(new StowageError('Cancelled', 'there was no time to send an event'));
    const cancel = this.#clock.after(milliseconds, enough);
    await this.#sending;
    cancel();
  }

  async #sendAll(): Promise<void> {
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) {
      try {
        await this.#sendOne(work);
      } catch (error) {
        this.#onTrouble(asStowageError(error));
      }
    }
  }

  async #sendOne(work: Send): Promise<void> {
    const { signal } = this.#abort;
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        await work(signal);
        return;
      } catch (error) {
        if (tries === TRIES || signal.aborted || !(error instanceof StowageError) || !error.retryable)
          throw error;
        const wait = Math.max(backoffDelay(BACKOFF, tries, Math.random()), error.retryAfter ?? 0);
        await sleep(this.#clock, wait, signal);
      }
    }
  }
}
