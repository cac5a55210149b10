import { stat } from 'node:fs/promises';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { HOSTNAME_LABEL, type Node, type NodeSelectorTerm } from '../kube/core.ts';
import type { StorageKind } from './storage.ts';
import { volumeRoot } from './volume-root.ts';

/** A directory on the disk of a node: on this machine it must be this node. */
export const localStorage: StorageKind<'localStorage'> = {
  key: 'localStorage',

  check(spec, host) {
    if (spec.nodeName && !sameHost(spec.nodeName, host.hostname))
      throw mismatch(spec.nodeName, host.hostname);
  },

  async open(spec) {
    await requireDirectory(spec.path);
    return { directory: spec.path };
  },

  nodeName(spec) {
    if (spec.nodeName) return spec.nodeName;
    throw new StowageError('DeclarationInvalid', 'spec.storage.localStorage.nodeName is missing', {
      hint: 'In a cluster it says whose disk the path is on; "kubectl get nodes" has the names.',
    });
  },

  volume(spec, { node, prefix = spec.path }) {
    const root = volumeRoot(prefix, spec.path);
    if (root === undefined)
      throw new StowageError(
        'PathNotFound',
        `${spec.path} is no directory of a model: pods and containers of the node have theirs below it`,
        { hint: 'Name the directory of the model itself in spec.storage.' },
      );
    return {
      source: { local: { path: root } },
      accessModes: ['ReadOnlyMany'],
      mountOptions: [],
      nodes: node === undefined ? undefined : onlyOn(node),
    };
  },

  subPath(spec, volume) {
    const { path: root = '' } = (volume.spec['local'] ?? {}) as { readonly path?: string };
    if (spec.path === root) return undefined;
    const below = root.endsWith('/') ? root : `${root}/`;
    if (root !== '' && spec.path.startsWith(below)) return spec.path.slice(below.length);
    throw new StowageError(
      'VolumeLost',
      `the volume ${volume.metadata.name} is of ${JSON.stringify(root)}, which ${spec.path} does not lie in`,
      { retryable: true },
    );
  },
};

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

async function requireDirectory(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new StowageError('PathNotFound', `the path ${path} does not exist on this machine`, {
        cause: error,
      });
    throw new StowageError('SourceUnreadable', `the path ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new StowageError('PathNotFound', `the path ${path} is a file; a model is a directory`, {
    hint: 'Put the file into a directory of its own and name that.',
  });
}
