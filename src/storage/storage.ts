import type { Storage as StorageSpec } from '../api/modelversion.ts';

/** A storage made readable: a directory on the machine that reads it. */
export interface Source {
  /** Absolute path. */
  readonly directory: string;
  /** What the source is called in messages: `localStorage /data/bert`. */
  readonly name: string;
}

/**
 * One kind of storage. A kind is one file that implements this and one line in kinds.ts.
 * `K` is the key under `spec.storage`.
 */
export interface StorageKind<K extends keyof StorageSpec = keyof StorageSpec> {
  readonly key: K;
  /**
   * Makes the storage readable on this machine.
   * @throws NodeMismatch, PathNotFound, SourceUnreadable, StorageUnsupported
   */
  open(spec: NonNullable<StorageSpec[K]>, host: Host): Promise<Source>;
}

/** The machine that reads. */
export interface Host {
  readonly hostname: string;
}
