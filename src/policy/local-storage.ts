import type { ModelVersionSpec } from '../api/modelversion.ts';
import { HOSTNAME_LABEL } from '../kube/core.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { grantsOf, nearestGrant } from './grant.ts';
import { selects } from './label-selector.ts';
import type { PolicyRequest } from './request.ts';
import { storageWish, type Impossible, type StorageWish } from './wish.ts';
import { only, shown } from './words.ts';

type LocalStorage = NonNullable<ModelVersionSpec['storage']['localStorage']>;
type Node = NonNullable<PolicyRequest['node']>;

/** The wish to read a directory of a node. */
export function localStorageWish(
  { path, nodeName }: LocalStorage,
  node: Node | undefined,
): StorageWish | Impossible {
  if (node === undefined)
    return {
      impossible: `no StoragePolicy can allow ${shown(path)} on the node ${shown(nodeName ?? '')}: there is no such node`,
      hint: '"kubectl get nodes" has the names of those there are.',
    };
  return storageWish({
    words: `read ${shown(path)} on node ${shown(node.name)}`,
    rules: { localStorage: [{ nodeSelector: onlyThis(node), pathPrefixes: [path] }] },
    grantIn: (policy) => nearestGrant(path, grantsOf(directoriesOn(node, policy))),
    insteadIn: (policy) => `${only(directoriesOn(node, policy))} on that node`,
  });
}

function directoriesOn({ labels }: Node, { localStorage = [] }: StoragePolicySpec): string[] {
  return localStorage
    .filter(({ nodeSelector }) => selects(nodeSelector, labels))
    .flatMap(({ pathPrefixes }) => pathPrefixes);
}

function onlyThis({ name, labels }: Node): { matchLabels: Record<string, string> } {
  return { matchLabels: { [HOSTNAME_LABEL]: labels[HOSTNAME_LABEL] ?? name } };
}
