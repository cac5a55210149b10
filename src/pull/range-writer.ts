import type { PartFile } from './part-file.ts';

/** A line of the journal for so many bytes: as much is fetched again of each connection after a kill. */
const NOTE_BYTES = 4 * 1024 ** 2;

/** Writes what comes of one range, and notes down how far it has come. */
export class RangeWriter {
  readonly #file: PartFile;
  #position: number;
  #noted: number;

  /** @param from where the range begins in the part */
  constructor(file: PartFile, from: number) {
    this.#file = file;
    this.#position = from;
    this.#noted = from;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#file.write(chunk, this.#position);
    this.#position += chunk.length;
    if (this.#position - this.#noted >= NOTE_BYTES) await this.end();
  }

  /** Notes down what is not yet. To be called too when no more comes because something failed. */
  async end(): Promise<void> {
    if (this.#position > this.#noted) await this.#file.note(this.#noted, this.#position);
    this.#noted = this.#position;
  }
}
