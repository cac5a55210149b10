import { OBJECT_NAME } from '../api/grammar.ts';
import type { ModelVersionSpec } from '../api/modelversion.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { fits } from '../api/fits.ts';
import type { Grant } from './grant.ts';
import { storageWish, type Impossible, type StorageWish } from './wish.ts';
import { few, shown } from './words.ts';

type Claim = NonNullable<ModelVersionSpec['storage']['persistentVolumeClaim']>;

/** The claim is mounted as it is. */
const AS_IT_IS: Grant = { prefix: undefined, mountOptions: [] };

/** The wish to read a claim of the namespace. */
export function claimWish({ claimName }: Claim): StorageWish | Impossible {
  if (!fits(OBJECT_NAME, claimName))
    return {
      impossible: `no StoragePolicy can allow the claim ${shown(claimName)}: it is no name of a claim`,
      hint: '"kubectl get persistentvolumeclaims" has the names of those there are.',
    };
  const isAllowedBy = ({ persistentVolumeClaim = [] }: StoragePolicySpec): boolean =>
    persistentVolumeClaim.some(({ claimNames }) => claimNames?.includes(claimName) ?? true);
  return storageWish({
    words: `read the PersistentVolumeClaim ${shown(claimName)}`,
    rules: { persistentVolumeClaim: [{ claimNames: [claimName] }] },
    grantIn: (policy) => (isAllowedBy(policy) ? AS_IT_IS : undefined),
    insteadIn: ({ persistentVolumeClaim = [] }) => instead(persistentVolumeClaim),
  });
}

function instead(rules: NonNullable<StoragePolicySpec['persistentVolumeClaim']>): string {
  const names = rules.flatMap(({ claimNames = [] }) => claimNames);
  return names.length === 0 ? 'no claim' : `only the claims ${few(names.map(shown))}`;
}
