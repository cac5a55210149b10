import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { HeaderFile } from '../../src/artifact/header.ts';
import { StowageError } from '../../src/errors.ts';

/** A file in memory, which counts the bytes that are read of it. */
export class MemoryFile implements HeaderFile {
  readonly path: string;
  readonly bytes: Buffer;
  bytesRead = 0;

  constructor(bytes: Buffer, path = 'model') {
    this.bytes = bytes;
    this.path = path;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(position: number, length: number): Promise<Buffer> {
    // A file on a disk would be shorter than asked for here: nobody may ask past the end.
    if (position + length > this.size) throw new RangeError(`read ${position}+${length} of ${this.size}`);
    this.bytesRead += length;
    return Promise.resolve(this.bytes.subarray(position, position + length));
  }
}

/** The StowageError that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<StowageError> {
  const thrown = await promise.then(
    (value) => expect.fail(`resolved with ${inspect(value).slice(0, 200)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof StowageError)) throw thrown;
  return thrown;
}
