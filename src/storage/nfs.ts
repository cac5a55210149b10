import type { Storage } from '../api/modelversion.ts';
import { canonicalServer } from '../api/server.ts';
import type { PersistentVolume } from '../kube/core.ts';
import { below } from './below.ts';
import { thisMachine } from './machine.ts';
import { mountOptions } from './mount-options.ts';
import { nfsOn } from './nfs-here.ts';
import { NFS_OPTIONS } from './nfs-options.ts';
import { NFS_SAYINGS } from './nfs-sayings.ts';
import type { StorageKind, VolumeContext, VolumeParts } from './storage.ts';

type Nfs = NonNullable<Storage['nfs']>;

/** A directory on an NFS server. */
export const nfs: StorageKind<'nfs'> = {
  key: 'nfs',
  about: {
    what: 'a directory that an NFS server exports',
    nodes: 'any; the kubelet mounts it',
    volume: '`nfs`, ReadOnlyMany, of the directory that the StoragePolicy allows',
    onOneMachine: 'where it is mounted already; else root mounts it for the time of the build',
  },
  onThisMachine: nfsOn(thisMachine),
  inCluster: { by: 'volume', driver: undefined, nodeName: () => undefined, volume, subPath },
  identity: ({ server, path }) => `nfs:${canonicalServer(server) ?? server}:${path}`,
  sayings: () => NFS_SAYINGS,
};

function volume({ server, path }: Nfs, { prefix = path, mountOptions: theirs }: VolumeContext): VolumeParts {
  return {
    // The kubelet writes the brackets around an IPv6 address (pkg/volume/nfs, getServerFromSource).
    source: { nfs: { server: canonicalServer(server) ?? server, path: prefix, readOnly: true } },
    accessModes: ['ReadOnlyMany'],
    mountOptions: mountOptions(NFS_OPTIONS, theirs),
    nodes: undefined,
  };
}

function subPath({ server, path }: Nfs, { metadata, spec }: PersistentVolume): string | undefined {
  const made = (spec['nfs'] ?? {}) as Partial<Nfs>;
  const same = canonicalServer(made.server ?? '') === canonicalServer(server);
  return below(same ? (made.path ?? '') : '', path, metadata.name);
}
