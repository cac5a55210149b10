import type { BlobResult, BlobSource } from './blob.ts';
import type { Digest } from './digest.ts';
import type { Descriptor } from './manifest.ts';

/** A manifest or index as it is stored: exactly these bytes have this digest. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A place that images can be read from: base images, and what a tag held before. */
export interface ImageStore {
  /** How it is named to people: `registry.example.com/team/bert`, `oci:/data/images`. */
  readonly name: string;
  /** The manifest or index that a tag or digest names; undefined where there is none. */
  readManifest(tagOrDigest: string, signal: AbortSignal): Promise<StoredManifest | undefined>;
  /**
   * The bytes of a blob, checked against its digest and size: the iteration throws RegistryCorrupt at the end if they
   * differ. Unlike those of a BlobStream, chunks may be kept: a decompressor reads ahead.
   */
  readBlob(blob: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Where an image goes. Blobs come first, manifests after the blobs they name, the tag last: whatever fails before,
 * nothing that a tag points to has changed.
 */
export interface Target extends ImageStore {
  /** @param size in bytes, where the caller knows it: a blob of another size is then not the one that is meant. */
  hasBlob(digest: Digest, signal: AbortSignal, size?: number): Promise<boolean>;
  /** Stores a blob under the digest of the bytes that were read. Retries from the start where that can help. */
  writeBlob(source: BlobSource, options: WriteOptions): Promise<BlobResult>;
  /** Stores a manifest under its digest and, where given, a tag. */
  writeManifest(
    mediaType: string,
    bytes: Uint8Array,
    options: { tag?: string; signal: AbortSignal },
  ): Promise<Descriptor>;
  /** Releases connections. Nothing may be called afterwards. */
  close(): Promise<void>;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes that were handed over since the last call; negative when an attempt starts again. */
  readonly onBytes?: (bytes: number) => void;
}

/** A target that can take a blob from another repository on the same server without the bytes being sent. */
export interface BlobMounter {
  /** False where the server would not: then the blob must be written. */
  mountBlob(blob: Descriptor, fromRepository: string, signal: AbortSignal): Promise<boolean>;
}

export function canMount(target: Target): target is Target & BlobMounter {
  return 'mountBlob' in target;
}
