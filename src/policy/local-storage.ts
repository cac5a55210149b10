import type { ModelVersionSpec } from '../api/modelversion.ts';
import { HOSTNAME_LABEL } from '../kube/core.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { selects } from './label-selector.ts';
import { isNormal, nearestAbove } from './path-prefix.ts';
import type { PolicyRequest } from './request.ts';
import type { Impossible, StorageWish } from './wish.ts';
import { few, shown } from './words.ts';

type LocalStorage = NonNullable<ModelVersionSpec['storage']['localStorage']>;
type Node = NonNullable<PolicyRequest['node']>;

/** The wish to read a directory of a node. */
export function localStorageWish(
  { path, nodeName }: LocalStorage,
  node: Node | undefined,
): StorageWish | Impossible {
  if (!isNormal(path))
    return {
      impossible: `no StoragePolicy can allow the path ${shown(path)}: it does not say by itself where it leads`,
      hint: 'Write it as an absolute path without "." and "..", without "//" and without "/" at its end.',
    };
  if (node === undefined)
    return {
      impossible: `no StoragePolicy can allow ${shown(path)} on the node ${shown(nodeName ?? '')}: there is no such node`,
      hint: '"kubectl get nodes" has the names of those there are.',
    };
  return wish(path, node);
}

function wish(path: string, node: Node): StorageWish {
  const prefixIn = (policy: StoragePolicySpec): string | undefined =>
    nearestAbove(path, directoriesOn(node, policy));
  return {
    words: `read ${shown(path)} on node ${shown(node.name)}`,
    rules: { localStorage: [{ nodeSelector: onlyThis(node), pathPrefixes: [path] }] },
    prefixIn,
    isAllowedBy: (policy) => prefixIn(policy) !== undefined,
    insteadIn(policy) {
      const directories = directoriesOn(node, policy);
      if (directories.length === 0) return 'nothing on that node';
      return `only ${few(directories.map(shown))} on that node`;
    },
  };
}

function directoriesOn({ labels }: Node, { localStorage = [] }: StoragePolicySpec): string[] {
  return localStorage
    .filter(({ nodeSelector }) => selects(nodeSelector, labels))
    .flatMap(({ pathPrefixes }) => pathPrefixes);
}

function onlyThis({ name, labels }: Node): { matchLabels: Record<string, string> } {
  return { matchLabels: { [HOSTNAME_LABEL]: labels[HOSTNAME_LABEL] ?? name } };
}
