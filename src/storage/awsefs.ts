import { efsHandle, parseEfsHandle } from '../api/efs-handle.ts';
import type { Storage } from '../api/modelversion.ts';
import type { PersistentVolume } from '../kube/core.ts';
import { below } from './below.ts';
import { efsOn } from './efs-here.ts';
import { efsSayings } from './efs-sayings.ts';
import { thisMachine } from './machine.ts';
import { NFS_OPTIONS } from './nfs-options.ts';
import type { StorageKind, VolumeContext, VolumeParts } from './storage.ts';

type Efs = NonNullable<Storage['AWSEfs']>;

const DRIVER = 'efs.csi.aws.com';

/** A directory on AWS EFS. */
export const awsEfs: StorageKind<'AWSEfs'> = {
  key: 'AWSEfs',
  about: {
    what: 'a directory on AWS EFS, also of an access point',
    nodes: `any with the CSI driver \`${DRIVER}\``,
    volume: '`csi`, ReadWriteMany and read-only, of the directory that the StoragePolicy allows',
    onOneMachine:
      'where it is mounted already; else root mounts it with amazon-efs-utils for the time of the build',
  },
  onThisMachine: efsOn(thisMachine),
  inCluster: { by: 'volume', driver: DRIVER, nodeName: () => undefined, volume, subPath },
  identity: ({ volumeHandle }) => `efs:${volumeHandle}`,
  sayings: ({ volumeHandle }) => efsSayings(volumeHandle),
};

function volume({ volumeHandle, attributes }: Efs, { prefix }: VolumeContext): VolumeParts {
  const handle = parseEfsHandle(volumeHandle);
  return {
    source: {
      csi: {
        driver: DRIVER,
        volumeHandle: efsHandle({ ...handle, path: prefix ?? handle.path }),
        readOnly: true,
        ...(attributes === undefined ? {} : { volumeAttributes: attributes }),
      },
    },
    // The driver refuses ReadOnlyMany ("invalid access mode: MULTI_NODE_READER_ONLY"); `ro` and `readOnly` keep it from
    // being written (https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/pkg/driver/node.go).
    accessModes: ['ReadWriteMany'],
    // mount.efs hands them on to mount.nfs4, in place of its own "hard". A StoragePolicy has none for EFS.
    mountOptions: NFS_OPTIONS,
    nodes: undefined,
  };
}

function subPath({ volumeHandle }: Efs, { metadata, spec }: PersistentVolume): string | undefined {
  const { volumeHandle: made = '' } = (spec['csi'] ?? {}) as { readonly volumeHandle?: string };
  const [root, declared] = [parseEfsHandle(made), parseEfsHandle(volumeHandle)];
  const same = root.fileSystemId === declared.fileSystemId && root.accessPointId === declared.accessPointId;
  return below(same ? root.path : '', declared.path, metadata.name);
}
