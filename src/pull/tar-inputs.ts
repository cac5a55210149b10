import { ByteReader } from '../image/base/bytes.ts';
import type { TarInput } from './tar-walk.ts';

/** Fetches a part of a blob that is there. */
export type Fetch = (from: number, length: number) => Promise<Buffer>;

/** What holds the headers of most layers of one file; a request costs more than its bytes. */
const FIRST_BYTES = 16 * 1024;
/** Where members lie far apart: a header and, now and then, the name in front of it. */
const FAR_BYTES = 4 * 1024;
/** Where members are small, contents are read along: fewer requests. */
const DENSE_BYTES = 256 * 1024;

/** Reads the headers of a tar through ranges of its blob, and contents only where that saves requests. */
export class RangeInput implements TarInput {
  readonly #size: number;
  readonly #fetch: Fetch;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #position = 0;

  /** @param size bytes of the blob */
  constructor(size: number, fetch: Fetch) {
    this.#size = size;
    this.#fetch = fetch;
  }

  get position(): number {
    return this.#position;
  }

  /** The next bytes, which are still the next ones afterwards. */
  async peek(count: number): Promise<Buffer> {
    const bytes = await this.take(count);
    this.#position -= bytes.length;
    return bytes;
  }

  async take(count: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(count, this.#size - this.#position));
    const windowEnd = this.#windowStart + this.#window.length;
    if (this.#position + wanted > windowEnd) await this.#move(wanted, windowEnd);
    const from = this.#position - this.#windowStart;
    const bytes = Buffer.from(this.#window.subarray(from, from + wanted));
    this.#position += wanted;
    return bytes;
  }

  /** What there is from a byte on that was passed already or comes next. */
  async rest(from: number): Promise<Buffer> {
    this.#position = from;
    if (from < this.#windowStart) this.#window = Buffer.alloc(0);
    return this.take(Math.max(0, this.#size - from));
  }

  skip(count: number): Promise<void> {
    this.#position += count;
    if (this.#position > this.#size) throw new SyntaxError('ends in the middle of a member');
    return Promise.resolve();
  }

  async #move(wanted: number, windowEnd: number): Promise<void> {
    const gap = this.#position - windowEnd;
    const next = this.#window.length === 0 ? FIRST_BYTES : gap < DENSE_BYTES ? this.#denser() : FAR_BYTES;
    const length = Math.min(Math.max(next, wanted), this.#size - this.#position);
    this.#window = await this.#fetch(this.#position, length);
    this.#windowStart = this.#position;
  }

  #denser(): number {
    return Math.min(DENSE_BYTES, Math.max(this.#window.length, FAR_BYTES) * 2);
  }
}

/** Reads a tar that comes as a stream. */
export class StreamInput implements TarInput {
  readonly #reader: ByteReader;
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#reader = new ByteReader(chunks);
  }

  get position(): number {
    return this.#position;
  }

  async take(count: number): Promise<Buffer> {
    const bytes = await this.#reader.take(count);
    this.#position += bytes.length;
    return bytes;
  }

  async skip(count: number): Promise<void> {
    let passed = 0;
    for await (const piece of this.pass(count)) passed += piece.length;
    if (passed < count) throw new SyntaxError('ends in the middle of a member');
  }

  /** Passes over all that is left. */
  async drain(): Promise<void> {
    const rest = this.pass(Infinity);
    while ((await rest.next()).done !== true);
  }

  /** The next bytes in pieces as they come (Infinity: all that are left). */
  async *pass(count: number): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#reader.pass(count)) {
      this.#position += piece.length;
      yield piece;
    }
  }
}
