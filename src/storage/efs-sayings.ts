import { parseEfsHandle } from '../api/efs-handle.ts';
import { NFS_SAYINGS } from './nfs-sayings.ts';
import type { Saying } from './saying.ts';

/** In the words of the EFS CSI driver (pkg/driver/node.go) and of mount.efs (https://github.com/aws/efs-utils). */
const OF_EFS: readonly Saying[] = [
  {
    says: /driver name efs\.csi\.aws\.com not found in the list of registered CSI drivers/i,
    code: 'DriverMissing',
    means: 'the EFS CSI driver does not run on the node',
    hint: 'Install aws-efs-csi-driver, and let its DaemonSet run on that node.',
  },
  {
    // The driver was stopped, or stops while it mounts; the kubelet asks again.
    says: /csi\.sock: connect: |error reading from server: EOF|transport is closing|connection error: desc = /i,
    code: 'MountFailed',
    means: 'the EFS CSI driver on the node has stopped',
    hint: 'It is asked again by itself; "kubectl logs -n kube-system daemonset/efs-csi-node -c efs-plugin" says why it stopped.',
  },
  {
    says: /The file system fs-[0-9a-f]+ is not found|FileSystemNotFound/i,
    code: 'ExportNotFound',
    means: 'there is no such file system',
    hint: 'Check the id in spec.storage, and that it is of this region and account.',
    retryable: false,
  },
  {
    // Of an id that does not exist, and of one without a mount target here: DNS knows no difference. At times of one
    // that is right (https://github.com/aws/efs-utils/issues/287), hence tried again.
    says: /Failed to resolve "[^"]*"|did not resolve to a(?:n EFS| valid)/i,
    code: 'ServerUnreachable',
    means: 'the file system is not found by its name',
    hint: 'Check its id in spec.storage, and that it has a mount target in the VPC and zone of the machine that mounts it.',
  },
  {
    says: /mount target ip address|code = DeadlineExceeded|context deadline exceeded|Mount attempt \d+\/\d+ failed/i,
    code: 'ServerUnreachable',
    means: 'the file system does not answer',
    hint: 'The security group of its mount target must let this machine in on TCP port 2049.',
  },
  {
    says: /access denied by server/i,
    code: 'MountDenied',
    means: 'the file system refuses to be mounted',
    hint: 'Check that the access point is of this file system and its root directory exists, and what the policy of the file system asks for: TLS, or an access point. One that asks for IAM takes a PersistentVolumeClaim with the mount option iam.',
    retryable: false,
  },
  {
    says: /Volume context property/i,
    code: 'DeclarationInvalid',
    means: 'the EFS CSI driver does not take an attribute',
    hint: 'Check spec.storage.AWSEfs.attributes.',
    retryable: false,
  },
  {
    says: /volume ID '[^']*' (?:is invalid|has an invalid access point)|Access Point ID \S+ is malformed/i,
    code: 'DeclarationInvalid',
    means: 'the EFS CSI driver does not take the volume handle',
    hint: 'Check spec.storage.AWSEfs.volumeHandle: fs-… and fsap-… as AWS prints them.',
    retryable: false,
  },
  {
    says: /option is incompatible with|options are mutually exclusive|option is required when mounting|Unsupported mount options/i,
    code: 'DeclarationInvalid',
    means: 'the attributes do not go together',
    hint: 'Check spec.storage.AWSEfs.attributes: mounttargetip and crossaccount exclude each other.',
    retryable: false,
  },
];

const OF_ACCESS_POINTS: Saying = {
  // As the builder prints it, and with the owner of the file or of its directory.
  says: /EACCES: permission denied|cannot be read: (?:it belongs to|its directory )/,
  code: 'SourceUnreadable',
  means: 'files may not be read',
  hint: 'An access point reads as its own user and group, whatever the pod runs as: let those read (chmod -R a+rX), or use one with another user.',
  retryable: false,
};

/** Of a volume that the EFS CSI driver mounts, which is NFS below. */
export function efsSayings(volumeHandle: string): readonly Saying[] {
  const { accessPointId } = parseEfsHandle(volumeHandle);
  return [...OF_EFS, ...(accessPointId === undefined ? [] : [OF_ACCESS_POINTS]), ...NFS_SAYINGS];
}
