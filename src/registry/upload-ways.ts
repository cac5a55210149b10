import type { KeptUploads } from '../oci/kept-uploads.ts';

/** What is lost, at most, when a chunk breaks of which nothing is kept. */
const SAFE_CHUNK_BYTES = 16 * 1024 * 1024;

/** How a registry takes uploads, as far as it is known beforehand and was found out by uploads to it. */
export class UploadWays {
  /** Where uploads are remembered that this process does not finish. */
  readonly kept: KeptUploads | undefined;
  /** Whether an upload that broke can be gone on with. */
  resumes: boolean;
  /** Whether a blob may be sent in chunks. */
  chunks = true;
  /** The size of chunks; undefined: where possible in one request. */
  chunkBytes: number | undefined;
  /** Number of uploads that were left for another process to go on with. */
  unfinished = 0;

  constructor(known: {
    readonly chunkBytes?: number | undefined;
    readonly resumes?: boolean | undefined;
    readonly uploads?: KeptUploads | undefined;
  }) {
    this.resumes = known.resumes ?? true;
    this.chunkBytes = known.chunkBytes;
    this.kept = known.uploads;
  }

  /**
   * A request broke, and nothing is there of what it had: the registry, or a proxy before it, takes whole requests only.
   * In chunks the blob gets through all the same.
   */
  keptNothing(): void {
    this.chunkBytes ??= SAFE_CHUNK_BYTES;
  }
}
