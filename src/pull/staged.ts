import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { StowageError } from '../errors.ts';
import { unpack } from '../image/base/unpack.ts';
import { readFileRange } from '../layout/range.ts';
import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { verified } from '../oci/verified.ts';
import { asImageError, type ReadableStore } from './image.ts';
import { invalidImage } from './image-error.ts';
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

function streamOf(path: string, signal: AbortSignal): ReadStream & AsyncIterable<Uint8Array> {
  return createReadStream(path, { signal, highWaterMark: READ_BYTES });
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

/**
 * Takes files out of a layer that lies in a file, one after the other. A list that somebody made of the layer's files can
 * be wrong though the image pins it: each file is held to what was listed of it before it is given away.
 * @throws ImageInvalid
 */
export async function takeFiles(request: TakeRequest): Promise<void> {
  const { path, layer, files, signal } = request;
  // By their places in the tar: of two members with one name only the later one is meant.
  const wanted = new Map(files.map((file) => [file.entry.offset, file]));
  const take = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const input = new StreamInput(chunks);
    for await (const { kind, offset, size } of walkTar(input)) {
      const file = kind === 'file' ? wanted.get(offset) : undefined;
      if (file === undefined) continue;
      if (file.entry.size !== size) throw notAsListed(layer);
      await writeFile(request.partial, input.pass(size), { digest: file.entry.digest, layer });
      await request.onWhole(file, request.partial);
      wanted.delete(offset);
    }
    await input.drain(); // A decompressor wants to be read to its end.
  };
  const stream = streamOf(path, signal);
  try {
    await asImageError(() => unpack(`the layer ${layer.digest}`, stream, take, signal));
  } finally {
    stream.destroy();
  }
  if (wanted.size > 0) throw notAsListed(layer);
}

async function writeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest | undefined; readonly layer: Descriptor },
): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  const hash = expected.digest === undefined ? undefined : createHash('sha256');
  for await (const chunk of chunks) {
    hash?.update(chunk);
    await file.writeFile(chunk);
  }
  if (hash !== undefined && `sha256:${hash.digest('hex')}` !== expected.digest)
    throw notAsListed(expected.layer);
}

function notAsListed({ digest }: Descriptor): StowageError {
  return invalidImage(`the layer ${digest} does not hold the files that the image says are in it`);
}
