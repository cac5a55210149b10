import type { Storage as StorageSpec } from '../api/modelversion.ts';

/** A storage made readable: a directory on the machine that reads it. */
export interface Source {
  /** Absolute path. */
  readonly directory: string;
}

/** The machine that reads. */
export interface Host {
  readonly hostname: string;
}

export type StorageKey = keyof StorageSpec;

/**
 * One kind of storage. A kind is one file that implements this and one line in kinds.ts.
 * `K` is the key under `spec.storage`.
 */
export interface StorageKind<K extends StorageKey = StorageKey> {
  readonly key: K;
  /** Refuses what this machine cannot read, without touching the storage. @throws NodeMismatch */
  check(spec: NonNullable<StorageSpec[K]>, host: Host): void;
  /** Makes the storage readable on this machine. @throws PathNotFound, SourceUnreadable */
  open(spec: NonNullable<StorageSpec[K]>): Promise<Source>;
}
