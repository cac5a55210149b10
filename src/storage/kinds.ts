import type { Storage as StorageSpec } from '../api/modelversion.ts';
import { normalStorage } from '../api/normal-storage.ts';
import { StowageError } from '../errors.ts';
import type { PersistentVolume } from '../kube/core.ts';
import { awsEfs } from './awsefs.ts';
import { localStorage } from './localstorage.ts';
import { nfs } from './nfs.ts';
import { persistentVolumeClaim } from './persistentvolumeclaim.ts';
import type { Saying } from './saying.ts';
import type { Host, Source, StorageKey, StorageKind, VolumeContext, VolumeParts } from './storage.ts';

/** Every kind that can be read. */
export const KINDS = [
  bindable(localStorage),
  bindable(nfs),
  bindable(awsEfs),
  bindable(persistentVolumeClaim),
];

/** Refuses what cannot be read on this machine, before anything is tried. @throws StorageUnsupported, NodeMismatch */
export function checkStorage(storage: StorageSpec, host: Host): void {
  bind(storage).check(host);
}

/** Makes the one declared storage readable. @throws StorageUnsupported, and what its kind throws */
export async function openStorage(storage: StorageSpec, host: Host, signal: AbortSignal): Promise<Source> {
  const bound = bind(storage);
  bound.check(host);
  return bound.open(signal);
}

/** The declared storage in a cluster. @throws StorageUnsupported */
export function storageInCluster(storage: StorageSpec): ClusterStorage {
  return bind(storage).inCluster;
}

/** Names the declared directory; see StorageKind. @throws StorageUnsupported */
export function storageIdentity(storage: StorageSpec, namespace: string): string {
  return bind(storage).identity(namespace);
}

/** What the failures of the declared storage mean. None where nobody knows the kind. */
export function sayingsOf(storage: StorageSpec): readonly Saying[] {
  return KINDS.map((kind) => kind.sayings(storage)).find((each) => each !== undefined) ?? [];
}

/** What a controller asks of a storage; see StorageKind. */
export type ClusterStorage = ClusterVolume | ClusterClaim;

export interface ClusterVolume {
  readonly by: 'volume';
  readonly driver: string | undefined;
  nodeName(): string | undefined;
  volume(context: VolumeContext): VolumeParts;
  subPath(volume: PersistentVolume): string | undefined;
}

export interface ClusterClaim {
  readonly by: 'claim';
  readonly claimName: string;
  readonly subPath: string | undefined;
}

/** A kind together with what was declared for it. */
interface BoundKind {
  check(host: Host): void;
  open(signal: AbortSignal): Promise<Source>;
  identity(namespace: string): string;
  readonly inCluster: ClusterStorage;
}

function bind(storage: StorageSpec): BoundKind {
  const normal = normalStorage(storage);
  const bound = KINDS.map((kind) => kind.bind(normal)).find((each) => each !== undefined);
  if (bound !== undefined) return bound;
  const declared = Object.keys(storage).join(', ');
  throw new StowageError('StorageUnsupported', `the storage ${declared} cannot be read`, {
    hint: `Mount it and declare the directory as localStorage. Known here: ${KINDS.map(({ key }) => key).join(', ')}.`,
  });
}

/** Hides which key a kind belongs to, so that kinds of all keys fit into one table. */
function bindable<K extends StorageKey>(kind: StorageKind<K>) {
  const { key, about } = kind;
  return {
    ...{ key, about },
    sayings(storage: StorageSpec): readonly Saying[] | undefined {
      const spec = storage[kind.key];
      return spec === undefined ? undefined : kind.sayings(spec);
    },
    bind(storage: StorageSpec): BoundKind | undefined {
      const spec = storage[kind.key];
      if (spec === undefined) return undefined;
      return {
        check: (host) => kind.onThisMachine.check(spec, host),
        open: (signal) => kind.onThisMachine.open(spec, signal),
        identity: (namespace) => kind.identity(spec, namespace),
        inCluster: inClusterOf(kind, spec),
      };
    },
  };
}

function inClusterOf<K extends StorageKey>(
  { inCluster }: StorageKind<K>,
  spec: NonNullable<StorageSpec[K]>,
): ClusterStorage {
  if (inCluster.by === 'claim') return { by: 'claim', ...inCluster.claim(spec) };
  return {
    by: 'volume',
    driver: inCluster.driver,
    nodeName: () => inCluster.nodeName(spec),
    volume: (context) => inCluster.volume(spec, context),
    subPath: (volume) => inCluster.subPath(spec, volume),
  };
}
