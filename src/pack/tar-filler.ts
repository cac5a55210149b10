import { TAR_END_BYTES, tarHeader, tarPadding } from '../image/tar.ts';
import type { LayerMember, PlannedLayer } from '../image/plan.ts';
import { FileReader } from './file-reader.ts';
import type { SourceReading } from './source-reading.ts';

/** Writes a layer's tar into buffers, one after the other, from wherever it stopped. */
export class TarFiller {
  readonly #members: Iterator<LayerMember>;
  readonly #reading: SourceReading;
  /** Bytes made here that are to come next: headers, padding, the end. */
  #pending: Uint8Array = new Uint8Array(0);
  #file: { reader: FileReader; size: number } | undefined;
  #endMade = false;

  constructor(layer: PlannedLayer, reading: SourceReading) {
    this.#members = layer.members[Symbol.iterator]();
    this.#reading = reading;
  }

  /** Whether the whole tar was given out. */
  get done(): boolean {
    return this.#endMade && this.#pending.length === 0;
  }

  /**
   * Fills the buffer, to its end unless the tar ends before.
   * @returns the number of bytes; 0 when the tar has ended. @throws ArtifactChanged, SourceUnreadable
   */
  async fill(buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length && !this.done) {
      if (this.#pending.length > 0) filled += this.#takePending(buffer, filled);
      else if (this.#file !== undefined) filled += await this.#takeFile(this.#file, buffer, filled);
      else this.#nextMember();
    }
    return filled;
  }

  /** Closes the file that is open, if any. */
  async close(): Promise<void> {
    await this.#file?.reader.close();
    this.#file = undefined;
  }

  #takePending(buffer: Uint8Array, offset: number): number {
    const part = this.#pending.subarray(0, buffer.length - offset);
    buffer.set(part, offset);
    this.#pending = this.#pending.subarray(part.length);
    return part.length;
  }

  async #takeFile(
    file: { reader: FileReader; size: number },
    buffer: Uint8Array,
    offset: number,
  ): Promise<number> {
    const bytes = await file.reader.read(buffer, offset);
    this.#reading.onRead(bytes);
    if (file.reader.done) {
      this.#file = undefined;
      this.#pending = new Uint8Array(tarPadding(file.size));
    }
    return bytes;
  }

  #nextMember(): void {
    const next = this.#members.next();
    if (next.done === true) {
      this.#pending = new Uint8Array(TAR_END_BYTES);
      this.#endMade = true;
      return;
    }
    const { entry, file } = next.value;
    this.#pending = tarHeader(entry);
    if (file !== undefined)
      this.#file = { reader: new FileReader(file, this.#reading.pace), size: file.size };
  }
}
