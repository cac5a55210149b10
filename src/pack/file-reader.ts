import {
  close,
  closeSync,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readSync,
  type BigIntStats,
} from 'node:fs';
import { constants } from 'node:fs';
import { promisify } from 'node:util';
import type { ArtifactFile } from '../artifact/artifact.ts';
import { changed, sourceError } from '../artifact/fs-error.ts';
import { describeChange } from '../artifact/unchanged.ts';
import type { ReadPace } from './read-pace.ts';

const later = {
  open: promisify(open),
  stat: promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>,
  read: promisify(read),
  close: promisify(close),
};

/**
 * Reads one file of the artifact from its first byte to its last, and makes sure that it is still the file that the
 * scan saw: before the first byte and after the last.
 */
export class FileReader {
  readonly #file: ArtifactFile;
  readonly #pace: ReadPace;
  #descriptor: number | undefined;
  #position = 0;

  constructor(file: ArtifactFile, pace: ReadPace) {
    this.#file = file;
    this.#pace = pace;
  }

  /** Whether every byte was given out. */
  get done(): boolean {
    return this.#position === this.#file.size && this.#descriptor === undefined;
  }

  /**
   * Fills `into` from `offset` with what is left of the file, or as much as fits. The file is closed with its last byte.
   * @returns the number of bytes. @throws ArtifactChanged, SourceUnreadable
   */
  async read(into: Uint8Array, offset: number): Promise<number> {
    const descriptor = (this.#descriptor ??= await this.#open());
    const wanted = Math.min(into.length - offset, this.#file.size - this.#position);
    let got = 0;
    while (got < wanted) {
      const bytes = await this.#readSome(descriptor, into, offset + got, wanted - got);
      if (bytes === 0) throw changed(this.#file.path, 'shrank');
      got += bytes;
      this.#position += bytes;
    }
    if (this.#position === this.#file.size) await this.#finish(descriptor);
    return got;
  }

  /** Closes the file where reading stopped early. */
  async close(): Promise<void> {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    await later.close(descriptor);
  }

  async #open(): Promise<number> {
    // O_NONBLOCK: should the file have been replaced by a FIFO since the scan, opening it must not wait for a writer.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    const { location } = this.#file;
    let descriptor: number;
    try {
      descriptor = this.#pace.readAhead ? await later.open(location, flags) : openSync(location, flags);
    } catch (error) {
      throw await sourceError(error, this.#file.location, this.#file.path);
    }
    this.#descriptor = descriptor;
    await this.#compare(descriptor);
    return descriptor;
  }

  async #finish(descriptor: number): Promise<void> {
    await this.#compare(descriptor);
    this.#descriptor = undefined;
    if (this.#pace.readAhead) await later.close(descriptor);
    else closeSync(descriptor);
  }

  async #compare(descriptor: number): Promise<void> {
    const now = this.#pace.readAhead
      ? await later.stat(descriptor, { bigint: true })
      : fstatSync(descriptor, { bigint: true });
    const change = describeChange(this.#file, now);
    if (change !== undefined) throw changed(this.#file.path, change);
  }

  async #readSome(descriptor: number, into: Uint8Array, offset: number, length: number): Promise<number> {
    try {
      if (!this.#pace.nextIsSynchronous())
        return (await later.read(descriptor, into, offset, length, this.#position)).bytesRead;
      const start = process.hrtime.bigint();
      const bytes = readSync(descriptor, into, offset, length, this.#position);
      this.#pace.measured(bytes, Number(process.hrtime.bigint() - start));
      return bytes;
    } catch (error) {
      throw await sourceError(error, this.#file.location, this.#file.path);
    }
  }
}
