/** An upload that was begun and neither finished nor cancelled. */
export interface KeptUpload {
  /** Of its blob: see BlobSource. */
  readonly key: string;
  /** Where it goes on: an absolute URL on the registry's own origin. */
  readonly location: string;
}

/**
 * Remembers uploads beyond the end of this process, so that the next one sends only what the registry has not got.
 * What it cannot remember costs time and nothing else, so nobody waits for it and nobody fails with it.
 * A repository is named `host[:port]/name`.
 */
export interface KeptUploads {
  /**
   * The upload of a blob, if there is one that no other process goes on with. From now on until it is forgotten or
   * released, nobody else gets it.
   */
  take(repository: string, key: string): Promise<string | undefined>;
  /** Remembers where the upload of a blob goes on, unless that of another process is remembered already. */
  keep(repository: string, key: string, location: string): Promise<void>;
  /** The blob is stored, or its upload is of no use any more. */
  forget(repository: string, key: string): Promise<void>;
  /** This process does not go on with the upload; it stays for another. */
  release(repository: string, key: string): Promise<void>;
  /**
   * Takes the uploads that nobody will go on with, for whoever cancels them: of blobs with other keys than these, which
   * are those of the image that is to be built now. They are forgotten.
   */
  takeLeftovers(repository: string, keys: ReadonlySet<string>): Promise<readonly KeptUpload[]>;
}
