import { createReadStream } from 'node:fs';
import { messageOf, StowageError } from '../errors.ts';
import type { Descriptor } from '../oci/manifest.ts';

/** What is read at a time. */
const CHUNK_BYTES = 512 * 1024;

/** A part of a blob's file: which, and where it lies. */
export interface FileRange {
  readonly path: string;
  readonly blob: Descriptor;
  readonly from: number;
  readonly length: number;
  /** Names the layout in messages. */
  readonly where: string;
}

/** @throws LayoutInvalid where the file cannot be read or is shorter. */
export async function* readFileRange(
  { path, blob, from, length, where }: FileRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  if (length === 0) return;
  let left = length;
  try {
    const options = { start: from, end: from + length - 1, highWaterMark: CHUNK_BYTES, signal };
    for await (const chunk of createReadStream(path, options) as AsyncIterable<Buffer>) {
      left -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new StowageError('LayoutInvalid', `${where} cannot give ${blob.digest}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (left > 0)
    throw new StowageError('LayoutInvalid', `${where} has fewer than ${blob.size} bytes of ${blob.digest}`);
}
