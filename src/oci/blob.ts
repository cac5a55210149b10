import type { Digest } from './digest.ts';

/**
 * Bytes that are to become a blob: a layer that is read from the model's files, or a small document.
 * Opening it again starts from the first byte, which is how an upload is tried again.
 */
export interface BlobSource {
  /** What it is, for messages and progress: a layer's title, "config". */
  readonly name: string;
  /** Bytes, where they are known before reading; a compressed layer's are not. */
  readonly size: number | undefined;
  /** Known beforehand for documents and blobs of a base image; for layers only after reading. */
  readonly digest: Digest | undefined;
  open(signal: AbortSignal): BlobStream;
}

/**
 * One reading of a BlobSource. Chunks are views of buffers that are used again: a chunk is valid until the next one
 * is asked for, so whoever consumes the stream must have written a chunk before asking on.
 * Leaving the loop early (break, throw) closes the files.
 */
export interface BlobStream extends AsyncIterable<Uint8Array> {
  /** Size in bytes and digest of all chunks. Only after the iteration has ended by itself. */
  result(): BlobResult;
}

export interface BlobResult {
  readonly digest: Digest;
  readonly size: number;
  /** The digest of the bytes before compression (an OCI config's diff_id); the same as `digest` where nothing was compressed. */
  readonly diffId: Digest;
}
