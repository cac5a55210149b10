import type { ArtifactFile } from '../artifact/artifact.ts';
import { inParallel } from '../artifact/parallel.ts';
import { FileReader } from './file-reader.ts';
import type { SourceReading } from './source-reading.ts';
import type { Chunk, FilePiece } from './tar-chunks.ts';

/** Puts the bytes of chunks into buffers. Several chunks may be filled at a time. */
export class ChunkFiller {
  readonly #reading: SourceReading;
  readonly #readers = new Map<ArtifactFile, FileReader>();

  constructor(reading: SourceReading) {
    this.#reading = reading;
  }

  /** @returns the part of the buffer that was filled. @throws ArtifactChanged, SourceUnreadable */
  async fill(buffer: Uint8Array, chunk: Chunk): Promise<Uint8Array> {
    const files: FilePiece[] = [];
    for (const piece of chunk.pieces) {
      if ('bytes' in piece) buffer.set(piece.bytes, piece.at);
      else files.push(piece);
    }
    if (this.#reading.pace.readAhead)
      await inParallel(files, undefined, (piece) => this.#read(piece, buffer));
    else for (const piece of files) await this.#read(piece, buffer);
    return buffer.subarray(0, chunk.size);
  }

  /** Closes the files that were not read to their end; no fill may be under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()));
    this.#readers.clear();
  }

  async #read({ file, at, from, length }: FilePiece, buffer: Uint8Array): Promise<void> {
    // Chunks come in order: the first piece of a file that is asked for is the first that is wanted.
    const reader = this.#readers.get(file) ?? new FileReader(file, this.#reading, from);
    this.#readers.set(file, reader);
    await reader.read(buffer.subarray(at, at + length), from);
    if (reader.done) this.#readers.delete(file);
  }
}
