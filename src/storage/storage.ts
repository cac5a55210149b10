import type { Storage as StorageSpec } from '../api/modelversion.ts';
import type { AccessMode, Node, NodeSelectorTerm, PersistentVolume, VolumeSource } from '../kube/core.ts';
import type { Saying } from './saying.ts';

/** A storage made readable: a directory on the machine that reads it. */
export interface Source {
  /** Absolute path. */
  readonly directory: string;
  /** Takes back what was done to make it readable. Called once, whatever became of the reading. */
  close(): Promise<void>;
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
  /** Mount options of the administrator's, which take the place of the kind's own of the same name. */
  readonly mountOptions: readonly string[];
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
 * `K` is the key under `spec.storage`; paths in a `spec` are normal.
 */
export interface StorageKind<K extends StorageKey = StorageKey> {
  readonly key: K;
  /** The row of the table in the docs. */
  readonly about: About;
  readonly onThisMachine: OnThisMachine<NonNullable<StorageSpec[K]>>;
  readonly inCluster: InCluster<NonNullable<StorageSpec[K]>>;
  /**
   * Names the directory as long as it is the same one: what was learnt of files at one place says nothing of files at
   * another. How it is mounted is left out.
   * @param namespace of the declaration
   */
  identity(spec: NonNullable<StorageSpec[K]>, namespace: string): string;
  /** What its failures mean, in the words of kubelets, drivers and the operating system. The first that fits counts. */
  sayings(spec: NonNullable<StorageSpec[K]>): readonly Saying[];
}

/** Markdown, without a full stop. */
export interface About {
  /** What it is: "a directory on the disk of a node". */
  readonly what: string;
  /** Which nodes build from it. */
  readonly nodes: string;
  /** What the controller makes for a build. */
  readonly volume: string;
  /** How it is read on one machine. */
  readonly onOneMachine: string;
}

export interface OnThisMachine<Spec> {
  /** Refuses what this machine cannot read, without touching the storage. @throws NodeMismatch, StorageUnsupported */
  check(spec: Spec, host: Host): void;
  /** Makes the storage readable on this machine. @throws PathNotFound, SourceUnreadable, MountFailed, … */
  open(spec: Spec, signal: AbortSignal): Promise<Source>;
}

/** Either a volume is made for each build, or there is a claim already. */
export type InCluster<Spec> = ByVolume<Spec> | ByClaim<Spec>;

export interface ByVolume<Spec> {
  readonly by: 'volume';
  /** Name of the one node that reaches it; undefined: any. @throws DeclarationInvalid where it is not said */
  nodeName(spec: Spec): string | undefined;
  /** Name of the CSI driver that a node needs to mount it; undefined: the kubelet itself can. */
  readonly driver: string | undefined;
  volume(spec: Spec, context: VolumeContext): VolumeParts;
  /** Where below the root of that volume the model lies; undefined: the root. @throws VolumeLost where it does not lie there */
  subPath(spec: Spec, volume: PersistentVolume): string | undefined;
}

export interface ByClaim<Spec> {
  readonly by: 'claim';
  /** Name of the claim in the version's namespace, and where below its root the model lies; undefined: the root. */
  claim(spec: Spec): { readonly claimName: string; readonly subPath: string | undefined };
}
