import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { unpack } from '../image/base/unpack.ts';
import { readFileRange } from '../layout/range.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { verified } from '../oci/verified.ts';
import { asImageError, type ReadableStore } from './image.ts';
import type { Wanted } from './selection.ts';
import { StreamInput } from './tar-inputs.ts';
import { walkTar } from './tar-walk.ts';

const READ_BYTES = 512 * 1024;

/** A store that has nothing but one blob, in a file. */
export function fileStore(path: string, where: string): ReadableStore {
  return {
    name: where,
    readManifest: () => Promise.resolve(undefined),
    readBlob: (blob, signal) => verified(streamOf(path, signal), blob, where),
    readRange: (blob, from, length, signal) => readFileRange({ path, blob, from, length, where }, signal),
  };
}

function streamOf(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return createReadStream(path, { signal, highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
}

export interface TakeRequest {
  /** The layer's file, whole and checked. */
  readonly path: string;
  readonly layer: Descriptor;
  readonly files: readonly Wanted[];
  /** Where a file lies until it is placed: absolute. */
  readonly partial: string;
  /** Called with each file when it is whole, in the order of the tar. */
  readonly onWhole: (file: Wanted, path: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Takes files out of a layer that lies in a file, one after the other. */
export async function takeFiles(request: TakeRequest): Promise<void> {
  const { path, layer, files, signal } = request;
  // By their places in the tar: of two members with one name only the later one is meant.
  const wanted = new Map(files.map((file) => [file.entry.offset, file]));
  const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const input = new StreamInput(chunks);
    for await (const { kind, offset, size } of walkTar(input)) {
      const file = kind === 'file' ? wanted.get(offset) : undefined;
      if (file === undefined) continue;
      await writeFile(request.partial, input.pass(size));
      await request.onWhole(file, request.partial);
      wanted.delete(offset);
    }
    await input.drain(); // A decompressor wants to be read to its end.
  };
  await asImageError(() => unpack(`the layer ${layer.digest}`, streamOf(path, signal), take, signal));
  if (wanted.size > 0) throw new Error(`the layer ${layer.digest} is not what was listed`);
}

async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // What a killed process has left here may have its name already: it is not written to, but another file is begun.
  await rm(path, { force: true });
  await using file = await open(path, 'wx', 0o644);
  for await (const chunk of chunks) await file.writeFile(chunk);
  await file.datasync();
}
