import { invalidHeader, truncated, type HeaderFile } from './header.ts';

/**
 * Bytes of a header that are walked through. Vocabularies and merges of the largest tokenizers take some 20 MB;
 * this bounds the time that a file of nothing but header can take.
 */
export const MAX_HEADER_BYTES = 48 * 1024 ** 2;

/** Bytes asked for at a time: large enough for network storage, small beside what a build holds anyway. */
const CHUNK_BYTES = 256 * 1024;

/** The header is more than Stowage looks into, which is no fault of the file. The message ends a sentence after its name. */
export class NotLookedInto extends Error {}

/**
 * Goes through a GGUF file from its beginning, little-endian, holding one chunk. What is skipped is not read.
 * Every method throws ArtifactTruncated where the file ends first, and NotLookedInto past the limit.
 */
export class GgufCursor {
  readonly #file: HeaderFile;
  #chunk: Buffer = Buffer.alloc(0);
  /** Position of the chunk in the file. */
  #start = 0;
  #position = 0;

  constructor(file: HeaderFile) {
    this.#file = file;
  }

  get position(): number {
    return this.#position;
  }

  async u32(): Promise<number> {
    const at = await this.#take(4);
    return this.#chunk.readUInt32LE(at);
  }

  /** @throws ArtifactInvalid for more than 2^53 - 1, which no file can have of anything */
  async u64(): Promise<number> {
    return this.#u64At(await this.#take(8));
  }

  /** A string of up to `limit` bytes; undefined for a longer one, which is skipped. */
  async string(limit: number): Promise<string | undefined> {
    const length = await this.u64();
    if (length > limit) {
      this.skip(length);
      return undefined;
    }
    const at = await this.#take(length);
    return this.#chunk.toString('utf8', at, at + length);
  }

  /** Skips `count` strings. Their lengths are all that is looked at. */
  async skipStrings(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) {
      // No await where the length is in the chunk already: a vocabulary has hundreds of thousands of strings.
      if (this.#buffered < 8) await this.#fill(8);
      this.skip(8 + this.#u64At(this.#position - this.#start));
    }
  }

  skip(bytes: number): void {
    this.#check(bytes);
    this.#position += bytes;
  }

  /** Makes sure that there can be `count` things of at least `bytes` each. */
  expect(count: number, bytes: number): void {
    this.#check(count * bytes);
  }

  /** @returns where in the chunk the next bytes lie, which are taken */
  async #take(bytes: number): Promise<number> {
    if (this.#buffered < bytes) await this.#fill(bytes);
    const at = this.#position - this.#start;
    this.#position += bytes;
    return at;
  }

  #u64At(at: number): number {
    const value = this.#chunk.readUInt32LE(at) + this.#chunk.readUInt32LE(at + 4) * 2 ** 32;
    if (!Number.isSafeInteger(value)) {
      throw invalidHeader(this.#file.path, 'GGUF', `claims to have ${value} of something`);
    }
    return value;
  }

  get #buffered(): number {
    return this.#start + this.#chunk.length - this.#position;
  }

  async #fill(bytes: number): Promise<void> {
    this.#check(bytes);
    const length = Math.min(Math.max(bytes, CHUNK_BYTES), this.#file.size - this.#position);
    this.#chunk = await this.#file.read(this.#position, length);
    this.#start = this.#position;
  }

  #check(bytes: number): void {
    const end = this.#position + bytes;
    if (end > this.#file.size) throw truncated(this.#file.path, this.#file.size, end);
    if (end > MAX_HEADER_BYTES) throw new NotLookedInto('has a header that is too long to be looked at');
  }
}
