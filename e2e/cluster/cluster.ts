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
}

/** A node whose files are this machine's files and whose processes can be reached. */
export interface LocalNode {
  readonly name: string;
  readonly address: string;
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
