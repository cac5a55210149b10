import type { Storage } from '../api/modelversion.ts';
import { StowageError } from '../errors.ts';
import { HOSTNAME_LABEL, type Node, type NodeSelectorTerm, type PersistentVolume } from '../kube/core.ts';
import { below } from './below.ts';
import { requireDirectory } from './directory.ts';
import { STALE } from './nfs-sayings.ts';
import type { StorageKind, VolumeContext, VolumeParts } from './storage.ts';
import { volumeRoot } from './volume-root.ts';

type LocalStorage = NonNullable<Storage['localStorage']>;

/** A directory on the disk of a node: on this machine it must be this node. */
export const localStorage: StorageKind<'localStorage'> = {
  key: 'localStorage',
  about: {
    what: 'a directory on the disk of a node, or on what is mounted there',
    nodes: 'the one it lies on, `nodeName`',
    volume: '`local`, ReadOnlyMany, of the directory that the StoragePolicy allows',
    onOneMachine: 'the directory itself, where this machine is that node',
  },
  onThisMachine: {
    check({ nodeName }, { hostname }) {
      if (nodeName && !sameHost(nodeName, hostname)) throw mismatch(nodeName, hostname);
    },
    async open({ path }) {
      await requireDirectory(path);
      return { directory: path, close: () => Promise.resolve() };
    },
  },
  inCluster: { by: 'volume', driver: undefined, nodeName: requireNode, volume, subPath },
  identity: ({ nodeName = '', path }) => `local:${nodeName}:${path}`,
  // The directory may be on what is mounted on the node.
  sayings: () => [STALE],
};

function requireNode({ nodeName }: LocalStorage): string {
  if (nodeName) return nodeName;
  throw new StowageError('DeclarationInvalid', 'spec.storage.localStorage.nodeName is missing', {
    hint: 'In a cluster it says whose disk the path is on; "kubectl get nodes" has the names.',
  });
}

function volume({ path }: LocalStorage, { node, prefix = path }: VolumeContext): VolumeParts {
  const root = volumeRoot(prefix, path);
  if (root === undefined)
    throw new StowageError(
      'PathNotFound',
      `${path} is no directory of a model: pods and containers of the node have theirs below it`,
      { hint: 'Name the directory of the model itself in spec.storage.' },
    );
  return {
    source: { local: { path: root } },
    accessModes: ['ReadOnlyMany'],
    mountOptions: [],
    nodes: node === undefined ? undefined : onlyOn(node),
  };
}

function subPath({ path }: LocalStorage, { metadata, spec }: PersistentVolume): string | undefined {
  const { path: root = '' } = (spec['local'] ?? {}) as { readonly path?: string };
  return below(root, path, metadata.name);
}

/** By the node's own label, which need not be its name. */
function onlyOn({ metadata }: Node): NodeSelectorTerm {
  const hostname = metadata.labels?.[HOSTNAME_LABEL] ?? metadata.name;
  return { matchExpressions: [{ key: HOSTNAME_LABEL, operator: 'In', values: [hostname] }] };
}

/**
 * A node's name and a machine's host name are the same up to letter case (Kubernetes lowers it) and the domain, which
 * one of the two may leave out (kubelets on some clouds register the full name).
 */
function sameHost(nodeName: string, hostname: string): boolean {
  const [node, host] = [nodeName.toLowerCase(), hostname.toLowerCase()];
  return node === host || node.startsWith(`${host}.`) || host.startsWith(`${node}.`);
}

function mismatch(nodeName: string, hostname: string): StowageError {
  return new StowageError(
    'NodeMismatch',
    `the model lies on node ${JSON.stringify(nodeName)}, but this machine is ${JSON.stringify(hostname)}`,
    {
      hint: `Run it on ${nodeName}, or leave nodeName out to read the path on this machine.`,
    },
  );
}
