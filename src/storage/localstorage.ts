import { stat } from 'node:fs/promises';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import type { StorageKind } from './storage.ts';

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
};

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
