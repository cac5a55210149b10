import { StowageError } from '../../../src/errors.ts';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import type { Descriptor } from '../../../src/oci/manifest.ts';
import type { ImageStore, StoredManifest } from '../../../src/oci/target.ts';

/** Images in memory, with the means to store what no honest registry would. */
export class MemoryStore implements ImageStore {
  readonly name: string;
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #blobs = new Map<Digest, Iterable<Uint8Array>>();
  /** How often each blob was read. */
  readonly reads = new Map<Digest, number>();

  constructor(name = 'registry.example.com/base') {
    this.name = name;
  }

  addBlob(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, { [Symbol.iterator]: () => inPieces(bytes) });
    return { mediaType, digest, size: bytes.length };
  }

  /** A blob that is made while it is read. */
  addStream(mediaType: string, digest: Digest, chunks: Iterable<Uint8Array>): Descriptor {
    this.#blobs.set(digest, chunks);
    return { mediaType, digest, size: 1 };
  }

  addJson(mediaType: string, value: unknown): Descriptor {
    return this.addBlob(mediaType, Buffer.from(JSON.stringify(value)));
  }

  addManifest(mediaType: string, value: unknown, tag?: string): Descriptor {
    const bytes = Buffer.from(JSON.stringify(value));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    this.#manifests.set(descriptor.digest, { descriptor, bytes });
    if (tag !== undefined) this.#manifests.set(tag, { descriptor, bytes });
    return descriptor;
  }

  /** Answers with other bytes under a digest or tag than were stored. */
  corrupt(tagOrDigest: string, bytes: Uint8Array): void {
    const stored = this.#manifests.get(tagOrDigest)!;
    this.#manifests.set(tagOrDigest, { ...stored, bytes });
  }

  remove(digest: Digest): void {
    this.#manifests.delete(digest);
  }

  readManifest(tagOrDigest: string): Promise<StoredManifest | undefined> {
    return Promise.resolve(this.#manifests.get(tagOrDigest));
  }

  async *readBlob({ digest }: Descriptor, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw new StowageError('RegistryNotFound', `no blob ${digest}`);
    this.reads.set(digest, (this.reads.get(digest) ?? 0) + 1);
    for (const chunk of blob) {
      signal.throwIfAborted();
      yield await Promise.resolve(chunk);
    }
  }
}

/** Of 1000 bytes, so that headers, frames and members lie across them. */
function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 1000) yield bytes.subarray(start, start + 1000);
}
