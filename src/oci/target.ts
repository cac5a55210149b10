import type { BlobResult, BlobSource } from './blob.ts';
import type { Digest } from './digest.ts';
import type { Descriptor } from './manifest.ts';
import type { StowageError } from '../errors.ts';

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
  /**
   * @param size in bytes, where the caller knows it: a blob of another size is then not the one that is meant
   * @param onTrouble see WriteOptions
   */
  hasBlob(
    digest: Digest,
    signal: AbortSignal,
    size?: number,
    onTrouble?: WriteOptions['onTrouble'],
  ): Promise<boolean>;
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
  /**
   * Called with the number of bytes by which the blob has grown at the target since the last call, as far as is known
   * here; negative by what must be handed over again. Bytes that an earlier process sent count, in one call.
   */
  readonly onBytes?: (bytes: number) => void;
  /** Called with the number of bytes that are handed over, each time they are. */
  readonly onSent?: (bytes: number) => void;
  readonly throttle?: Throttle | undefined;
  /** Called with what went wrong whenever something failed that is tried again. */
  readonly onTrouble?: ((error: StowageError) => void) | undefined;
}

/** Keeps what is handed over below a rate. */
export interface Throttle {
  /** Bytes to ask for at a time: with more, a connection would be silent for long. */
  readonly most: number;
  /** Waits until so many bytes may go. @throws what the signal was aborted with */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** A target that can take a blob from another repository on the same server without the bytes being sent. */
export interface BlobMounter {
  /** False where the server would not: then the blob must be written. @param onTrouble see WriteOptions */
  mountBlob(
    blob: Descriptor,
    fromRepository: string,
    signal: AbortSignal,
    onTrouble?: WriteOptions['onTrouble'],
  ): Promise<boolean>;
}

export function canMount(target: Target): target is Target & BlobMounter {
  return 'mountBlob' in target;
}

/** A target that can leave the upload of a blob unfinished for another process to go on with. */
export interface UploadKeeper {
  /** Number of uploads that were left so. */
  readonly unfinished: number;
  /**
   * Cancels uploads that earlier builds left here and that nobody will go on with: those of blobs with other keys. What
   * is remembered of such blobs that were stored is forgotten. It never fails.
   */
  cancelLeftovers(keys: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
}

export function keepsUploads(target: Target): target is Target & UploadKeeper {
  return 'cancelLeftovers' in target;
}

/** A document about an image, kept beside it: a manifest that names the image's as its `subject`. */
export interface Referrer {
  readonly bytes: Uint8Array;
  readonly subject: Digest;
  readonly artifactType: string;
  /** Those of the manifest. With the type they tell what it takes the place of. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A store that keeps documents about its images (distribution-spec, "Listing Referrers"). */
export interface ReferrerStore {
  /** The manifests that are about an image and say that they are of this type. None where the store lists none. */
  listReferrers(subject: Digest, artifactType: string, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** Stores such a manifest, whose blobs are there. */
  writeReferrer(referrer: Referrer, signal: AbortSignal): Promise<Descriptor>;
  /**
   * A blob of which only the digest is known, checked against it.
   * @param limit bytes; a blob that has more is not read to its end
   * @returns undefined where there is none
   * @throws RegistryCorrupt, RegistryFailed where there is more
   */
  readSmallBlob(digest: Digest, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

export function keepsReferrers<T extends ImageStore>(store: T): store is T & ReferrerStore {
  return 'listReferrers' in store;
}

/** A store that gives parts of blobs. */
export interface RangeReader {
  /**
   * `length` bytes of a blob from byte `from` on. They are not checked against its digest: whoever knows one of what it
   * asked for does that. A chunk is good until the next is asked for.
   * @throws NoRanges where the store gives blobs from their beginning only
   */
  readRange(blob: Descriptor, from: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export function givesRanges<T extends ImageStore>(store: T): store is T & RangeReader {
  return 'readRange' in store;
}
