import { asStowageError, type StowageError } from '../errors.ts';
import type { BlobResult, BlobSource } from '../oci/blob.ts';
import { asPromised, changed } from '../oci/promised.ts';
import type { WriteOptions } from '../oci/target.ts';

/**
 * Up to this size undici may ask for the next chunk before the operating system has taken the last one: its writer
 * waits only when a socket's buffer, 64 KiB at most, is full. Such a chunk is copied, since the source uses its
 * memory again. Of larger ones undici's HTTP/1.1 writer waits for all bytes before it asks on.
 */
const COPIED_BELOW_BYTES = 64 * 1024;

/**
 * The bytes of a source on their way into one request. It counts them, checks them against what was promised, and
 * remembers what the source itself failed with, which the HTTP client would hide behind an error of the connection.
 */
export class UploadBody implements AsyncIterable<Uint8Array> {
  /** Once all bytes were read. */
  result: BlobResult | undefined;
  /** What the source threw. */
  failure: StowageError | undefined;
  readonly #source: BlobSource;
  readonly #options: WriteOptions;
  readonly #generator: AsyncGenerator<Uint8Array, undefined>;
  readonly #stop = new AbortController();
  #handedOver = 0;

  constructor(source: BlobSource, options: WriteOptions) {
    this.#source = source;
    this.#options = options;
    this.#generator = this.#read();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    return this.#generator;
  }

  /** Reads all of a source that has no bytes, for its result. */
  async drain(): Promise<void> {
    await this.#generator.next();
  }

  /** Stops reading and waits until the source's files are closed. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#generator.return(undefined).catch(() => undefined);
  }

  /** Takes back what was told of progress. */
  rollBack(): void {
    if (this.#handedOver > 0) this.#options.onBytes?.(-this.#handedOver);
    this.#handedOver = 0;
  }

  async *#read(): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* this.#checked();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.failure = asStowageError(error);
      throw error;
    }
  }

  /**
   * The last chunk is held back until the source has ended by itself: only then are its own checks done, and a
   * registry that has not got all bytes has not got a blob.
   */
  async *#checked(): AsyncGenerator<Uint8Array, undefined> {
    const { size } = this.#source;
    const stream = this.#source.open(AbortSignal.any([this.#options.signal, this.#stop.signal]));
    let taken = 0;
    let last: Uint8Array | undefined;
    for await (const chunk of stream) {
      if (chunk.length === 0) continue;
      taken += chunk.length;
      if (size !== undefined && taken > size) throw changed(this.#source, `more than ${size} bytes`);
      if (taken === size) last = copyOf(chunk);
      else yield* this.#handOver(chunk.length < COPIED_BELOW_BYTES ? copyOf(chunk) : chunk);
    }
    this.result = asPromised(this.#source, { ...stream.result(), size: taken });
    if (last !== undefined) yield* this.#handOver(last);
  }

  *#handOver(chunk: Uint8Array): Generator<Uint8Array, undefined> {
    yield chunk;
    this.#handedOver += chunk.length;
    this.#options.onBytes?.(chunk.length);
  }
}

function copyOf(chunk: Uint8Array): Uint8Array {
  return Buffer.from(chunk);
}
