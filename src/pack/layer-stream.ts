import { createHash } from 'node:crypto';
import type { PlannedLayer } from '../image/plan.ts';
import type { BlobResult, BlobStream } from '../oci/blob.ts';
import type { SourceReading } from './source-reading.ts';
import { ChunkFiller } from './chunk-filler.ts';
import { tarChunks, type Chunk } from './tar-chunks.ts';

/** Large enough that system calls do not count, small enough that four streams stay in the processor's cache: 256 KiB to 1 MiB measured best, 4 MiB costs 15 %. */
const CHUNK_BYTES = 512 * 1024;
/** Chunks that are read at a time from slow storage, 4 MiB: network file systems answer many requests as fast as one. */
const AHEAD = 8;

/**
 * The bytes of a layer's tar, in chunks of up to 512 KiB, hashed on the way.
 * A chunk is hashed after it was given out, while the consumer's write is under way: on one thread this is what lets
 * the kernel send while we hash.
 */
export class LayerStream implements BlobStream, AsyncIterator<Uint8Array, undefined> {
  readonly #chunks: Iterator<Chunk, undefined>;
  readonly #filler: ChunkFiller;
  readonly #reading: SourceReading;
  readonly #signal: AbortSignal;
  readonly #hash = createHash('sha256');
  /** Buffers that nobody uses. The last one in is the first one out: it is still in the processor's cache. */
  readonly #free: Buffer[] = [];
  /** Fills that were begun before they were asked for, in order. */
  readonly #ahead: Promise<Uint8Array>[] = [];
  /** What the consumer has. */
  #given: Uint8Array | undefined;
  #hashing: Promise<void> = Promise.resolve();
  #size = 0;
  #ended = false;

  constructor(layer: PlannedLayer, reading: SourceReading, signal: AbortSignal) {
    this.#chunks = tarChunks(layer, CHUNK_BYTES);
    this.#filler = new ChunkFiller(reading);
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
      if (this.#given !== undefined) this.#free.push(Buffer.from(this.#given.buffer));
      const chunk = await (this.#ahead.shift() ?? this.#fillNext());
      if (chunk === undefined) {
        this.#ended = true;
        return await this.return();
      }
      this.#given = chunk;
      this.#readAhead();
      this.#size += chunk.length;
      this.#hashing = hashSoon(this.#hash, chunk);
      return { done: false, value: chunk };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await Promise.allSettled(this.#ahead);
    await this.#hashing;
    await this.#filler.close();
    return { done: true, value: undefined };
  }

  result(): BlobResult {
    if (!this.#ended) throw new Error('a layer has no digest before it was read to its end');
    const digest = `sha256:${this.#hash.copy().digest('hex')}` as const;
    return { digest, diffId: digest, size: this.#size };
  }

  #readAhead(): void {
    while (this.#reading.pace.readAhead && this.#ahead.length < AHEAD) {
      const fill = this.#fillNext();
      if (fill === undefined) return;
      // Whoever takes the fill sees its error; one that nobody takes any more must not end the process.
      fill.catch(() => undefined);
      this.#ahead.push(fill);
    }
  }

  /** Undefined where the layer has no more chunks. */
  #fillNext(): Promise<Uint8Array> | undefined {
    const chunk = this.#chunks.next().value;
    if (chunk === undefined) return undefined;
    return this.#filler.fill(this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES), chunk);
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
