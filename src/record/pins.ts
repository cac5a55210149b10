import type { Digest } from '../oci/digest.ts';

/** An image that was built before. */
export interface PreviousImage {
  /** `host[:port]/repository@digest` or `oci:DIRECTORY@digest`; a tag before the digest says nothing. */
  readonly reference: string;
  /** The digest of its record, as somebody other than the registry knows it. */
  readonly record?: Digest | undefined;
}

/** What is remembered of a build. */
export interface Pin {
  /** The name of the target: `host[:port]/repository`, `oci:DIRECTORY`. */
  readonly repository: string;
  readonly image: Digest;
  readonly record: Digest;
  /** sha256 of the identity of the storage that it was built from. */
  readonly storage: string;
}

/**
 * Knows the records that builds have made. A registry keeps them, but anybody who may write there could put another in
 * a record's place: so what counts is the digest that is remembered elsewhere.
 */
export interface RecordPins {
  /** All that is remembered, the newest first. What cannot be read is forgotten. */
  list(): Promise<readonly Pin[]>;
  /** @throws StateBusy, StateUnusable, OutOfDisk */
  add(pin: Pin): Promise<void>;
}
