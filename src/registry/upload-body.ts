import { asStowageError, type StowageError } from '../errors.ts';
import type { BlobResult, BlobSource, BlobStream } from '../oci/blob.ts';
import { asPromised, changed } from '../oci/promised.ts';
import type { WriteOptions } from '../oci/target.ts';

/**
 * Up to this size undici may ask for the next chunk before the operating system has taken the last one: its writer
 * waits only when a socket's buffer, 64 KiB at most, is full. Such a chunk is copied, since the source uses its
 * memory again. Of larger ones undici's HTTP/1.1 writer waits for all bytes before it asks on.
 */
const COPIED_BELOW_BYTES = 64 * 1024;

/**
 * The bytes of a source from one byte on, on their way into one request or several. It counts them, checks them against
 * what was promised, and remembers what the source itself failed with, which the HTTP client would hide behind an error
 * of the connection.
 */
export class UploadBody {
  /** Once all bytes were read. */
  result: BlobResult | undefined;
  /** What the source threw. */
  failure: StowageError | undefined;
  readonly #source: BlobSource;
  readonly #options: WriteOptions;
  readonly #stream: BlobStream;
  readonly #chunks: AsyncGenerator<Uint8Array, undefined>;
  readonly #stop = new AbortController();
  /** Aborted when the upload is, or this body is closed. */
  readonly #signal: AbortSignal;
  #position: number;
  /** Up to here the source has given its bytes. */
  #taken: number;
  /** What was read and not handed over yet. */
  #waiting: Uint8Array | undefined;

  constructor(source: BlobSource, from: number, options: WriteOptions) {
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#signal = signal;
    const seeks = from > 0 && source.openAt !== undefined;
    this.#source = source;
    this.#options = options;
    this.#position = from;
    this.#taken = seeks ? from : 0;
    this.#stream = (seeks ? source.openAt?.(from, signal) : undefined) ?? source.open(signal);
    this.#chunks = chunksOf(this.#stream);
  }

  /** The next byte to be handed over. */
  get position(): number {
    return this.#position;
  }

  /**
   * Whether all bytes were handed over. The next ones are read to find out: what lies before them may take long to read,
   * and a connection on which nothing is said meanwhile is closed by whatever lies between.
   */
  async atEnd(): Promise<boolean> {
    await this.#guarded(() => this.#read());
    return this.result !== undefined && this.#waiting === undefined;
  }

  /** The next bytes, at most so many. What comes after them stays for the next part. */
  async *part(limit: number): AsyncGenerator<Uint8Array, undefined> {
    const { throttle, onSent, onBytes } = this.#options;
    for (let left = limit; left > 0;) {
      await this.#guarded(() => this.#read());
      const chunk = this.#take(Math.min(left, throttle?.most ?? left));
      if (chunk === undefined) return;
      left -= chunk.length;
      await throttle?.take(chunk.length, this.#signal);
      onSent?.(chunk.length);
      this.#position += chunk.length;
      yield chunk.length < COPIED_BELOW_BYTES ? copyOf(chunk) : chunk;
      onBytes?.(chunk.length);
    }
  }

  /** Of what was read, at most so many bytes. */
  #take(most: number): Uint8Array | undefined {
    const chunk = this.#waiting?.subarray(0, most);
    const rest = this.#waiting?.subarray(most);
    this.#waiting = rest?.length === 0 ? undefined : rest;
    return chunk;
  }

  /** What all bytes are, once they were handed over. */
  all(): BlobResult {
    if (this.result === undefined)
      throw new Error('asked for the result of a blob that was not read to its end');
    return this.result;
  }

  get closed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Stops reading and waits until the source's files are closed. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#chunks.return(undefined).catch(() => undefined);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.failure = asStowageError(error);
      throw error;
    }
  }

  /**
   * Reads on until there are bytes to hand over, or no more. The last chunk is held back until the source has ended by
   * itself: only then are its own checks done, and a registry that has not got all bytes has not got a blob.
   */
  async #read(): Promise<void> {
    const { size } = this.#source;
    while (this.#waiting === undefined && this.result === undefined) {
      const { value: chunk } = await this.#chunks.next();
      if (chunk === undefined) {
        this.#end();
        return;
      }
      const fresh = chunk.subarray(Math.max(0, this.#position - this.#taken));
      this.#taken += chunk.length;
      if (size !== undefined && this.#taken > size) throw changed(this.#source, `more than ${size} bytes`);
      const isLast = this.#taken === size;
      // The source is asked for more behind it.
      if (fresh.length > 0) this.#waiting = isLast ? copyOf(fresh) : fresh;
      if (isLast) await this.#expectEnd();
    }
  }

  async #expectEnd(): Promise<void> {
    for (;;) {
      const { value: chunk } = await this.#chunks.next();
      if (chunk === undefined) break;
      if (chunk.length > 0) throw changed(this.#source, `more than ${this.#taken} bytes`);
    }
    this.#end();
  }

  #end(): void {
    this.result = asPromised(this.#source, { ...this.#stream.result(), size: this.#taken });
  }
}

/** A generator puts its end off until the source has answered; a source need not bear being left while it reads. */
async function* chunksOf(stream: BlobStream): AsyncGenerator<Uint8Array, undefined> {
  yield* stream;
}

function copyOf(chunk: Uint8Array): Uint8Array {
  return Buffer.from(chunk);
}
