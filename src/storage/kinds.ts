import type { Storage as StorageSpec } from '../api/modelversion.ts';
import { StowageError } from '../errors.ts';
import type { PersistentVolume } from '../kube/core.ts';
import { localStorage } from './localstorage.ts';
import type { Host, Source, StorageKey, StorageKind, VolumeContext, VolumeParts } from './storage.ts';

/** Every kind that can be read. */
const KINDS = [bindable(localStorage)];

/** Refuses what cannot be read on this machine, before anything is tried. @throws StorageUnsupported, NodeMismatch */
export function checkStorage(storage: StorageSpec, host: Host): void {
  bind(storage).check(host);
}

/** Makes the one declared storage readable. @throws StorageUnsupported, and what its kind throws */
export async function openStorage(storage: StorageSpec, host: Host): Promise<Source> {
  const bound = bind(storage);
  bound.check(host);
  return bound.open();
}

/** The declared storage in a cluster. @throws StorageUnsupported */
export function storageInCluster(storage: StorageSpec): ClusterStorage {
  return bind(storage);
}

/** What a controller asks of a storage; see StorageKind. */
export interface ClusterStorage {
  nodeName(): string | undefined;
  volume(context: VolumeContext): VolumeParts;
  subPath(volume: PersistentVolume): string | undefined;
}

/** A kind together with what was declared for it. */
interface BoundKind extends ClusterStorage {
  check(host: Host): void;
  open(): Promise<Source>;
}

function bind(storage: StorageSpec): BoundKind {
  const bound = KINDS.map((kind) => kind.bind(storage)).find((each) => each !== undefined);
  if (bound !== undefined) return bound;
  const declared = Object.keys(storage).join(', ');
  throw new StowageError('StorageUnsupported', `the storage ${declared} cannot be read`, {
    hint: `Mount it and declare the directory as localStorage. Known here: ${KINDS.map(({ key }) => key).join(', ')}.`,
  });
}

/** Hides which key a kind belongs to, so that kinds of all keys fit into one table. */
function bindable<K extends StorageKey>(
  kind: StorageKind<K>,
): {
  key: K;
  bind(storage: StorageSpec): BoundKind | undefined;
} {
  return {
    key: kind.key,
    bind(storage) {
      const spec = storage[kind.key];
      if (spec === undefined) return undefined;
      return {
        check: (host) => kind.check(spec, host),
        open: () => kind.open(spec),
        nodeName: () => kind.nodeName(spec),
        volume: (context) => kind.volume(spec, context),
        subPath: (volume) => kind.subPath(spec, volume),
      };
    },
  };
}
