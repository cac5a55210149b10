import type { Storage as StorageSpec } from '../api/modelversion.ts';
import type { AccessMode, Node, NodeSelectorTerm, PersistentVolume, VolumeSource } from '../kube/core.ts';

/** A storage made readable: a directory on the machine that reads it. */
export interface Source {
  /** Absolute path. */
  readonly directory: string;
}

/** The machine that reads. */
export interface Host {
  readonly hostname: string;
}

/** What a volume in a cluster is made for. */
export interface VolumeContext {
  /** The node that the storage lies on; undefined where any node reaches it. */
  readonly node: Node | undefined;
  /** The administrator's directory that a path must lie below; undefined: the path itself. */
  readonly prefix: string | undefined;
}

/** What of a PersistentVolume depends on the kind of storage. */
export interface VolumeParts {
  readonly source: VolumeSource;
  readonly accessModes: readonly AccessMode[];
  /** Besides `ro`, which every volume has. */
  readonly mountOptions: readonly string[];
  readonly nodes: NodeSelectorTerm | undefined;
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
  /** Name of the one node in a cluster that reaches it; undefined: any. @throws DeclarationInvalid where it is not said */
  nodeName(spec: NonNullable<StorageSpec[K]>): string | undefined;
  /** The volume that it becomes in a cluster. */
  volume(spec: NonNullable<StorageSpec[K]>, context: VolumeContext): VolumeParts;
  /** Where below the root of that volume the model lies; undefined: the root. @throws VolumeLost where it does not lie there */
  subPath(spec: NonNullable<StorageSpec[K]>, volume: PersistentVolume): string | undefined;
}
