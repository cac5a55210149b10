import { constants, fstatSync, statSync, writeSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { StowageError } from '../errors.ts';
import type { HashThread } from './hash-thread.ts';
import { Intervals, type Interval } from './intervals.ts';
import { Journal } from './journal.ts';
import type { Part } from './part.ts';
import { PartHash } from './part-hash.ts';

/** How long a file is taken to be in its place without another look. Milliseconds. */
const SURE_MS = 5_000;

export interface PartPlace {
  /** Without an ending. */
  readonly path: string;
  readonly thread: HashThread;
  readonly signal: AbortSignal;
}

/**
 * The file that a part is written to, in any order. It is hashed as far as it has no gap while the rest of it comes, by
 * another thread that reads it from the system's cache.
 */
export class PartFile {
  readonly part: Part;
  readonly path: string;
  /** Bytes that an earlier process had written. */
  readonly resumed: number;
  readonly #place: PartPlace;
  readonly #file: FileHandle;
  readonly #journal: Journal;
  readonly #there: Intervals;
  #hash: PartHash;
  /** When it was in its place for certain, by the clock that goes on while this process or its machine stands still. */
  #seen = Date.now();

  private constructor(
    part: Part,
    place: PartPlace,
    file: FileHandle,
    known: { journal: Journal; there: Intervals },
  ) {
    this.part = part;
    this.path = partialPath(place.path);
    this.#place = place;
    this.#file = file;
    this.#journal = known.journal;
    this.#there = known.there;
    this.resumed = known.there.bytes;
    this.#hash = this.#begin();
  }

  /** Opens the file, and takes over what an earlier process left in it. */
  static async open(part: Part, place: PartPlace): Promise<PartFile> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = await open(partialPath(place.path), flags, 0o644);
    const journal = new Journal(`${place.path}.ranges`);
    const there = new Intervals();
    try {
      // What the journal knows and the file does not have was lost with the machine's power.
      await journal.load(there, Math.min(part.length, (await file.stat()).size));
      await file.truncate(part.length);
    } catch (error) {
      await file.close();
      throw error;
    }
    const made = new PartFile(part, place, file, { journal, there });
    made.#follow();
    return made;
  }

  missing(most: number): Interval[] {
    return this.#there.missing(this.part.length, most);
  }

  /**
   * Writes bytes, into the system's cache. At once: to hand small chunks to another thread costs more than to write
   * them, in time and in memory (measured: 4.5 s of processor time for 2 GiB instead of 6.5 s).
   * @throws StateBusy where another pull has taken the file over: it may have its name by now
   */
  write(bytes: Uint8Array, at: number): void {
    this.#assertInPlace();
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.#file.fd, bytes, done, bytes.length - done, at + done);
    this.#there.add(at, at + bytes.length);
    this.#follow();
  }

  note(from: number, to: number): Promise<void> {
    return this.#journal.note(from, to);
  }

  /**
   * Whether all of it has the digest; where not, what is there is forgotten, so that it can be fetched again. Where that
   * cannot be told, the file is closed.
   */
  async isRight(): Promise<boolean> {
    const digest = await this.#hash
      .digest(this.part.length, this.part.after)
      .catch(async (error: unknown) => {
        await this.leave();
        throw error;
      });
    if (`sha256:${digest}` === this.part.digest) return true;
    this.#there.clear();
    this.#hash = this.#begin();
    await this.#journal.remove();
    return false;
  }

  /**
   * Closes the file and leaves it, for its name or for another process. It is not waited for until the disk has it, which
   * takes longer than all the rest (ADR 16).
   */
  async leave(): Promise<void> {
    await this.#hash.stop();
    await this.#file.close();
    await this.#journal.close();
  }

  /** Removes what is left of it. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.#journal.remove();
  }

  /** Whoever takes this process for dead moves its files away before it goes on with them. */
  #assertInPlace(): void {
    if (Date.now() - this.#seen < SURE_MS) return;
    const there = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (there?.ino !== fstatSync(this.#file.fd, { bigint: true }).ino)
      throw new StowageError(
        'StateBusy',
        'another pull has gone on with what this one had, which gave no sign of life for long',
        { hint: 'Wait until that one has ended, and pull again.' },
      );
    this.#seen = Date.now();
  }

  #begin(): PartHash {
    const { thread, signal } = this.#place;
    return new PartHash(thread, this.#file.fd, this.part.before, signal);
  }

  #follow(): void {
    this.#hash.follow((position) => this.#there.endFrom(position));
  }
}

/** Where the bytes of a part lie until they are whole. */
export function partialPath(path: string): string {
  return `${path}.partial`;
}
