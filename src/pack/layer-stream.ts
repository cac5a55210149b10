import { createHash } from 'node:crypto';
import type { PlannedLayer } from '../image/plan.ts';
import type { BlobResult, BlobStream } from '../oci/blob.ts';
import type { SourceReading } from './source-reading.ts';
import { TarFiller } from './tar-filler.ts';

/** Large enough that system calls do not count, small enough that four streams stay in the processor's cache: 256 KiB to 1 MiB measured best, 4 MiB costs 15 %. */
const CHUNK_BYTES = 512 * 1024;
/** One chunk is at the consumer while the next two are read ahead. */
const RING = 3;

/**
 * The bytes of a layer's tar, in chunks of up to 512 KiB, hashed on the way.
 * A chunk is hashed after it was given out, while the consumer's write is under way: on one thread this is what lets
 * the kernel send while we hash.
 */
export class LayerStream implements BlobStream, AsyncIterator<Uint8Array, undefined> {
  readonly #filler: TarFiller;
  readonly #reading: SourceReading;
  readonly #signal: AbortSignal;
  readonly #hash = createHash('sha256');
  readonly #ring: Buffer[] = [];
  /** Fills that were begun before they were asked for, in order. */
  readonly #ahead: Promise<Uint8Array>[] = [];
  #lastFill: Promise<unknown> = Promise.resolve();
  #hashing: Promise<void> = Promise.resolve();
  #filled = 0;
  #size = 0;
  #ended = false;

  constructor(layer: PlannedLayer, reading: SourceReading, signal: AbortSignal) {
    this.#filler = new TarFiller(layer, reading);
    this.#reading = reading;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      await this.#hashing;
      this.#signal.throwIfAborted();
      const chunk = await (this.#ahead.shift() ?? this.#fillNext());
      if (chunk.length === 0) return await this.return();
      this.#readAhead();
      this.#size += chunk.length;
      this.#hashing = hashSoon(this.#hash, chunk);
      return { done: false, value: chunk };
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  result(): BlobResult {
    if (!this.#ended) throw new Error('a layer has no digest before it was read to its end');
    const digest = `sha256:${this.#hash.copy().digest('hex')}` as const;
    return { digest, diffId: digest, size: this.#size };
  }

  #readAhead(): void {
    const depth = this.#reading.pace.readAhead ? RING - 1 : 0;
    while (this.#ahead.length < depth) this.#ahead.push(this.#fillNext());
  }

  #fillNext(): Promise<Uint8Array> {
    const slot = this.#filled % RING;
    this.#filled += 1;
    const buffer = (this.#ring[slot] ??= Buffer.allocUnsafeSlow(CHUNK_BYTES));
    const fill = this.#lastFill.then(async () => buffer.subarray(0, await this.#filler.fill(buffer)));
    // Whoever takes the fill sees its error; one that nobody takes any more must not end the process.
    this.#lastFill = fill.catch(() => undefined);
    return fill;
  }

  async #close(): Promise<void> {
    await this.#lastFill;
    await this.#hashing;
    await this.#filler.close();
    this.#ended = this.#filler.done;
  }
}

function hashSoon(hash: ReturnType<typeof createHash>, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      hash.update(chunk);
      resolve();
    });
  });
}
