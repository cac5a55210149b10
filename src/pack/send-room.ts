import {
  afterTrouble,
  afterWindow,
  AT_FIRST,
  FULL_BYTES,
  takes,
  WINDOW_MS,
  type Streams,
} from './streams.ts';
import type { Room } from './pool.ts';

/** What the blobs of one build are sent within: it watches how fast they go, and has room for more or fewer of them. */
export class SendRoom implements Room<{ readonly size: number }> {
  load = 0;
  readonly #now: () => number;
  #streams: Streams = AT_FIRST;
  #windowStart: number | undefined;
  #windowBytes = 0;
  #grown = Promise.withResolvers<undefined>();

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get capacity(): number {
    return this.#streams.budget;
  }

  weightOf({ size }: { readonly size: number }): number {
    return takes(size);
  }

  grown(): Promise<unknown> {
    return this.#grown.promise;
  }

  /** So many bytes were handed over. */
  sent(bytes: number): void {
    const now = this.#now();
    this.#windowStart ??= now;
    this.#windowBytes += bytes;
    const elapsed = now - this.#windowStart;
    if (elapsed < WINDOW_MS) return;
    // Where there was room for more, it is not what was the limit.
    const isFull = this.capacity - this.load < FULL_BYTES;
    if (isFull) this.#become(afterWindow(this.#streams, (this.#windowBytes / elapsed) * 1000, now));
    this.#windowStart = now;
    this.#windowBytes = 0;
  }

  /** Something failed that is tried again. */
  trouble(): void {
    this.#become(afterTrouble(this.#streams, this.#now()));
    this.#windowStart = undefined;
    this.#windowBytes = 0;
  }

  #become(streams: Streams): void {
    const grown = streams.budget > this.#streams.budget;
    this.#streams = streams;
    if (!grown) return;
    this.#grown.resolve(undefined);
    this.#grown = Promise.withResolvers<undefined>();
  }
}
