import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readSync,
  type BigIntStats,
} from 'node:fs';
import { promisify } from 'node:util';
import type { ArtifactFile } from '../artifact/artifact.ts';
import { changed, sourceError } from '../artifact/fs-error.ts';
import { describeChange } from '../artifact/unchanged.ts';
import type { SourceReading } from './source-reading.ts';

const later = {
  open: promisify(open),
  stat: promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>,
  read: promisify(read),
  close: promisify(close),
};

/**
 * Reads ranges of one file of the artifact, several at a time where asked, and makes sure that it is still the file
 * that the scan saw: before the first byte and after the last. It is open from the first range until every byte was
 * read that is to be read.
 */
export class FileReader {
  readonly #file: ArtifactFile;
  readonly #reading: SourceReading;
  #opened: Promise<number> | undefined;
  #left: number;

  /** @param from the first byte that is to be read; all behind it are */
  constructor(file: ArtifactFile, reading: SourceReading, from = 0) {
    this.#file = file;
    this.#reading = reading;
    this.#left = file.size - from;
  }

  /** Whether every byte was read that is to be read. */
  get done(): boolean {
    return this.#left === 0 && this.#opened === undefined;
  }

  /** Fills `into` with the file's bytes from the byte `from`. @throws ArtifactChanged, SourceUnreadable */
  async read(into: Uint8Array, from: number): Promise<void> {
    try {
      const descriptor = await (this.#opened ??= this.#open());
      for (let got = 0; got < into.length;) {
        const bytes = await this.#readSome(descriptor, into.subarray(got), from + got);
        if (bytes === 0) throw changed(this.#file.path, 'shrank');
        got += bytes;
        this.#reading.onRead(bytes);
      }
      this.#left -= into.length;
      if (this.#left === 0) await this.#finish(descriptor);
    } catch (error) {
      throw await sourceError(error, this.#file.location, this.#file.path);
    }
  }

  /** Closes the file where reading stopped early; no read may be under way. */
  async close(): Promise<void> {
    const descriptor = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    if (descriptor !== undefined) await later.close(descriptor);
  }

  async #open(): Promise<number> {
    // O_NONBLOCK: should the file have been replaced by a FIFO since the scan, opening it must not wait for a writer.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    const { location } = this.#file;
    const descriptor = this.#ahead ? await later.open(location, flags) : openSync(location, flags);
    try {
      await this.#compare(descriptor);
      return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  async #finish(descriptor: number): Promise<void> {
    await this.#compare(descriptor);
    this.#opened = undefined;
    if (this.#ahead) await later.close(descriptor);
    else closeSync(descriptor);
  }

  async #compare(descriptor: number): Promise<void> {
    const now = this.#ahead
      ? await later.stat(descriptor, { bigint: true })
      : fstatSync(descriptor, { bigint: true });
    const change = describeChange(this.#file, now);
    if (change !== undefined) throw changed(this.#file.path, change);
  }

  async #readSome(descriptor: number, into: Uint8Array, from: number): Promise<number> {
    const { pace } = this.#reading;
    if (!pace.nextIsSynchronous())
      return (await later.read(descriptor, into, 0, into.length, from)).bytesRead;
    const start = process.hrtime.bigint();
    const bytes = readSync(descriptor, into, 0, into.length, from);
    pace.measured(bytes, Number(process.hrtime.bigint() - start));
    return bytes;
  }

  get #ahead(): boolean {
    return this.#reading.pace.readAhead;
  }
}
