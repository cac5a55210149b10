import type { Digest } from './digest.ts';

/**
 * Bytes that are to become a blob: a layer that is read from the model's files, or a small document.
 * It may be opened again, which is how an upload is tried again.
 */
export interface BlobSource {
  /** What it is, for messages and progress: a layer's title, "config". */
  readonly name: string;
  /** Bytes, where they are known before reading; a compressed layer's are not. */
  readonly size: number | undefined;
  /** Known beforehand for documents and blobs of a base image; for layers only after reading. */
  readonly digest: Digest | undefined;
  /**
   * Tells one content of the blob from another without reading it. Under it another process finds an upload that this
   * one has not finished. Undefined: such an upload is not worth keeping, or nothing tells contents apart.
   */
  readonly key?: string | undefined;
  /** Reads from the first byte on, and hashes anew. */
  open(signal: AbortSignal): BlobStream;
  /**
   * Gives out the bytes from the byte `from` on; what lies before is read only where it was not hashed in an earlier
   * reading of this source, which must have been left by now. The result speaks of the whole blob all the same.
   * A source without it can only be read from its first byte.
   */
  openAt?(from: number, signal: AbortSignal): BlobStream;
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
  /**
   * Of a layer that holds several of the model's files: the digest of each one's content by its path, relative to the
   * model.
   */
  readonly files?: ReadonlyMap<string, Digest>;
}

/** Reads a stream for what it is. @param onBytes called with the number of bytes of each chunk */
export async function readThrough(stream: BlobStream, onBytes: (bytes: number) => void): Promise<BlobResult> {
  for await (const chunk of stream) onBytes(chunk.length);
  return stream.result();
}
