import type { PlannedLayer } from '../image/plan.ts';
import type { BlobResult, BlobStream } from '../oci/blob.ts';
import type { SourceReading } from './source-reading.ts';
import { ChunkFiller } from './chunk-filler.ts';
import type { LayerHash } from './layer-hash.ts';
import { tarChunks, type Chunk } from './tar-chunks.ts';

/** Large enough that system calls do not count, small enough that four streams stay in the processor's cache: 256 KiB to 1 MiB measured best, 4 MiB costs 15 %. */
const CHUNK_BYTES = 512 * 1024;
/** Chunks that are read at a time from slow storage, 4 MiB: network file systems answer many requests as fast as one. */
const AHEAD = 8;

export interface LayerReading {
  /** Shared by the readings of one layer, one at a time. */
  readonly hash: LayerHash;
  /** The first byte to give out. */
  readonly from: number;
  readonly signal: AbortSignal;
}

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
  readonly #hash: LayerHash;
  readonly #from: number;
  /** Buffers that nobody uses. The last one in is the first one out: it is still in the processor's cache. */
  readonly #free: Buffer[] = [];
  /** Fills that were begun before they were asked for, in order. */
  readonly #ahead: Promise<Uint8Array>[] = [];
  /** What the consumer has. */
  #given: Uint8Array | undefined;
  #hashing: Promise<void> = Promise.resolve();
  /** Where the next chunk begins in the tar. */
  #at: number;
  #ended = false;

  constructor(layer: PlannedLayer, reading: SourceReading, { hash, from, signal }: LayerReading) {
    this.#at = Math.min(from, hash.position);
    this.#chunks = tarChunks(layer, CHUNK_BYTES, this.#at);
    this.#filler = new ChunkFiller(reading);
    this.#reading = reading;
    this.#hash = hash;
    this.#from = from;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      for (;;) {
        const chunk = await this.#nextChunk();
        if (chunk === undefined) return await this.return();
        // What lies before the first byte to give out is read for its hash alone.
        const before = this.#from - (this.#at - chunk.length);
        if (before < chunk.length) return { done: false, value: chunk.subarray(Math.max(0, before)) };
      }
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
    return this.#hash.result();
  }

  /** Reads a chunk and begins to hash it. */
  async #nextChunk(): Promise<Uint8Array | undefined> {
    await this.#hashing;
    this.#signal.throwIfAborted();
    if (this.#given !== undefined) this.#free.push(Buffer.from(this.#given.buffer));
    this.#given = undefined;
    const chunk = await (this.#ahead.shift() ?? this.#fillNext());
    this.#ended = chunk === undefined;
    if (chunk === undefined) return undefined;
    this.#given = chunk;
    this.#readAhead();
    this.#hashing = hashSoon(this.#hash, this.#at, chunk);
    this.#at += chunk.length;
    return chunk;
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

function hashSoon(hash: LayerHash, at: number, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      hash.update(at, chunk);
      resolve();
    });
  });
}
