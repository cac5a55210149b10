import type { ProcessId } from './proc.ts';
import type { RegistryPlace } from './images.ts';

/** What a test needs to know of a cluster. It can be sent to other processes. */
export interface Cluster {
  /** Path of an admin's kubeconfig. */
  readonly kubeconfig: string;
  /** How kubectl is called: the program and what it must be told first. */
  readonly kubectl: readonly [program: string, ...args: string[]];
  /** Where tests push images and the cluster's nodes pull them; undefined where no such place is known. */
  readonly registry: RegistryPlace | undefined;
  /** An image there with a shell that sleeps by default. */
  readonly busybox: string | undefined;
  /** The node, when this machine is it. */
  readonly node: LocalNode | undefined;
  /** Set where volumes of NFS can be had: `startNfsServer` in nfs-server.ts makes them. */
  readonly nfs?: true | undefined;
  /** Set where volumes of AWS EFS can be had besides: by `startEfsDriver` in efs-driver.ts. */
  readonly efs?: EfsPrograms | undefined;
  /** Path of Kaniko's executor, where there is one: `kanikoImage` in kaniko-image.ts makes an image of it. */
  readonly kaniko?: string | undefined;
  /** What could be and is not, such as `nfs`, with the reason. */
  readonly lacking?: Readonly<Record<string, string>>;
}

/** Paths of what a node with EFS runs. */
export interface EfsPrograms {
  readonly driver: string;
  readonly csiRegistrar: string;
  readonly mountNfs: string;
}

/** A node whose files are this machine's files and whose processes can be reached. */
export interface LocalNode {
  readonly name: string;
  readonly address: string;
  /** What the cluster keeps on the disk, its logs included. */
  readonly directory: string;
  /** The address under which the node and its pods reach a server on this machine. */
  readonly hostAddress: string;
  /** The first process inside (`enter` in box.ts gets there). */
  readonly init: ProcessId;
  readonly kubelet: ProcessId;
}

/** A cluster that this process has started. */
export interface OwnCluster {
  readonly cluster: Cluster;
  /** Ends it and removes everything of it. */
  readonly stop: () => Promise<void>;
}
