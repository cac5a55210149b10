import type { BlobSource, BlobStream } from '../oci/blob.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { ImageStore } from '../oci/target.ts';

/** A document that is held in memory: an image's config. */
export function documentSource(name: string, bytes: Uint8Array): BlobSource {
  const digest = digestOf(bytes);
  return { name, size: bytes.length, digest, open: () => known(chunksOf(bytes), digest, bytes.length) };
}

/** A blob of another image, read from where that image lies and checked on the way. */
export function copySource(name: string, blob: Descriptor, from: ImageStore): BlobSource {
  const { digest, size } = blob;
  return { name, size, digest, open: (signal) => known(from.readBlob(blob, signal), digest, size) };
}

function known(chunks: AsyncIterable<Uint8Array>, digest: Digest, size: number): BlobStream {
  return {
    [Symbol.asyncIterator]: () => chunks[Symbol.asyncIterator](),
    result: () => ({ digest, diffId: digest, size }),
  };
}

// eslint wants an await in every async generator; a document has nothing to wait for.
function chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => oneChunk(bytes) };
}

function oneChunk(bytes: Uint8Array): AsyncIterator<Uint8Array> {
  let given = false;
  return {
    next() {
      if (given) return Promise.resolve({ done: true, value: undefined });
      given = true;
      return Promise.resolve({ done: false, value: bytes });
    },
  };
}
