import type { Storage } from '../api/modelversion.ts';
import { StowageError } from '../errors.ts';
import { CLAIM_SAYINGS } from './claim-sayings.ts';
import type { StorageKind } from './storage.ts';

type Claim = NonNullable<Storage['persistentVolumeClaim']>;

/** A claim that exists: it is mounted as it is, and neither made nor deleted. */
export const persistentVolumeClaim: StorageKind<'persistentVolumeClaim'> = {
  key: 'persistentVolumeClaim',
  about: {
    what: 'a directory on a PersistentVolumeClaim that exists in the namespace of the ModelVersion',
    nodes: 'those that the volume of the claim can be mounted on',
    volume: 'none: the claim is mounted read-only',
    onOneMachine: 'not: a claim exists in a cluster only',
  },
  onThisMachine: {
    check: (spec) => {
      throw unsupported(spec);
    },
    open: (spec) => Promise.reject(unsupported(spec)),
  },
  inCluster: { by: 'claim', claim },
  identity: ({ claimName, path = '/' }, namespace) => `claim:${namespace}/${claimName}:${path}`,
  sayings: () => CLAIM_SAYINGS,
};

function claim({ claimName, path = '/' }: Claim): {
  readonly claimName: string;
  readonly subPath: string | undefined;
} {
  const subPath = path.replace(/^\//, '');
  return { claimName, subPath: subPath === '' ? undefined : subPath };
}

function unsupported({ claimName }: Claim): StowageError {
  return new StowageError(
    'StorageUnsupported',
    `the PersistentVolumeClaim ${claimName} cannot be read on one machine: it exists in a cluster only`,
    {
      hint: 'Build it there with --kube or --context, or mount its volume and declare the directory as localStorage.',
    },
  );
}
