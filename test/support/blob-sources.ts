import { createHash } from 'node:crypto';
import { setImmediate as tick } from 'node:timers/promises';
import type { BlobResult, BlobSource, BlobStream } from '../../src/oci/blob.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';

export interface SourceOptions {
  readonly name?: string;
  /** Bytes per chunk. Default: 40 000, some chunks to a megabyte and none that fits a power of two. */
  readonly chunk?: number;
  /** Whether the size is told beforehand. Default: true. */
  readonly sizeKnown?: boolean;
  /** Whether the digest is told beforehand. Default: false. */
  readonly digestKnown?: boolean;
  /** Throw this instead of the chunk that begins at or after this byte. */
  readonly failAt?: {
    readonly byte: number;
    readonly error: unknown;
    /** Default: each time. */ readonly times?: number;
  };
  /** Called with the bytes given out before each chunk, and waited for. */
  readonly beforeChunk?: (given: number, signal: AbortSignal) => unknown;
}

/** A source that keeps count of how it is used. */
export interface WatchedSource extends BlobSource {
  readonly bytes: Buffer;
  readonly contentDigest: Digest;
  /** How often it was opened, and how often closed. */
  readonly use: { opened: number; closed: number };
}

/** Bytes that look random and are the same each time. */
export function someBytes(size: number, seed = 'bytes'): Buffer {
  const block = createHash('sha512').update(seed).digest();
  const bytes = Buffer.alloc(size, block);
  for (let offset = 0; offset + 8 <= size; offset += 64)
    bytes.writeUInt32LE((offset * 2654435761) >>> 0, offset);
  return bytes;
}

/**
 * A source over bytes in memory that keeps to the contract as the real one does, and punishes who does not: its chunks
 * are views of two buffers in turn, and a buffer is spoiled as soon as the next chunk is asked for.
 */
export function blobSource(bytes: Buffer, options: SourceOptions = {}): WatchedSource {
  const use = { opened: 0, closed: 0 };
  let failuresLeft = options.failAt?.times ?? Infinity;
  const failNow = (offset: number): boolean =>
    options.failAt !== undefined && offset >= options.failAt.byte && failuresLeft-- > 0;
  const contentDigest = digestOf(bytes);
  return {
    name: options.name ?? 'blob',
    size: options.sizeKnown === false ? undefined : bytes.length,
    digest: options.digestKnown === true ? contentDigest : undefined,
    bytes,
    contentDigest,
    use,
    open(signal) {
      use.opened += 1;
      return reading(bytes, options, { use, failNow, signal });
    },
  };
}

interface Reading {
  readonly use: WatchedSource['use'];
  readonly failNow: (offset: number) => boolean;
  readonly signal: AbortSignal;
}

function reading(bytes: Buffer, options: SourceOptions, state: Reading): BlobStream {
  let ended = false;
  async function* chunks(): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* ringOf(bytes, options, state);
      ended = true;
    } finally {
      state.use.closed += 1;
    }
  }
  const generator = chunks();
  return {
    [Symbol.asyncIterator]: () => generator,
    result(): BlobResult {
      if (!ended) throw new Error('asked for the result of a stream that has not ended');
      const digest = digestOf(bytes);
      return { digest, diffId: digest, size: bytes.length };
    },
  };
}

async function* ringOf(
  bytes: Buffer,
  options: SourceOptions,
  { failNow, signal }: Reading,
): AsyncGenerator<Uint8Array, undefined> {
  const size = options.chunk ?? 40_000;
  const ring = [Buffer.alloc(size), Buffer.alloc(size)];
  let turn = 0;
  for (let offset = 0; offset < bytes.length; offset += size) {
    await options.beforeChunk?.(offset, signal);
    signal.throwIfAborted();
    if (failNow(offset)) throw options.failAt?.error;
    const buffer = ring[turn++ % 2] ?? Buffer.alloc(size);
    yield buffer.subarray(0, bytes.copy(buffer, 0, offset, offset + size));
    buffer.fill(0xee);
  }
  await tick();
  if (failNow(bytes.length)) throw options.failAt?.error;
}
