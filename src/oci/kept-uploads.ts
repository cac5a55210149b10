/** An upload that was begun and neither finished nor cancelled; or a blob that was stored for an image that is not there yet. */
export interface KeptUpload {
  /** Of its blob: see BlobSource. */
  readonly key: string;
  /** Where it goes on: an absolute URL on the registry's own origin. Left out where the blob was stored. */
  readonly location?: string;
}

/**
 * Remembers uploads beyond the end of this process, so that the next one sends only what the registry has not got.
 * What it cannot remember costs time and nothing else, so nobody waits for it and nobody fails with it.
 * A repository is named `host[:port]/name`.
 */
export interface KeptUploads {
  /**
   * What is remembered of a blob, if no other process is at it. From now on until it is stored, forgotten or released,
   * nobody else gets it. That it was stored is a hint: whoever believes it asks the registry.
   */
  take(repository: string, key: string): Promise<KeptUpload | undefined>;
  /**
   * Remembers where the upload of a blob goes on.
   * @returns whether it does: not where another process is at that blob
   */
  keep(repository: string, key: string, location: string): Promise<boolean>;
  /** Remembers that a blob is stored, until its image is there: see takeLeftovers. */
  stored(repository: string, key: string): Promise<void>;
  /** The upload of a blob is of no use any more. */
  forget(repository: string, key: string): Promise<void>;
  /** This process does not go on with the upload; it stays for another. */
  release(repository: string, key: string): Promise<void>;
  /**
   * Takes the uploads that nobody will go on with, for whoever cancels them: of blobs with other keys than these, which
   * are those of the image that is to be built now; none where it is there. They are forgotten, and so are such blobs that
   * were stored.
   * @param limit so many at most; the others stay
   */
  takeLeftovers(repository: string, keys: ReadonlySet<string>, limit: number): Promise<readonly KeptUpload[]>;
}
