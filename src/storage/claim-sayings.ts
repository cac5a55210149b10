import { NFS_SAYINGS } from './nfs-sayings.ts';
import type { Saying } from './saying.ts';

/** In the words of the scheduler, the attach-detach controller and the kubelet, of a claim and its volume. */
const OF_CLAIMS: readonly Saying[] = [
  {
    says: /persistentvolumeclaim "[^"]*" (?:not found|is being deleted)|because PVC \S+ is being deleted/i,
    code: 'ClaimNotFound',
    means: 'the PersistentVolumeClaim does not exist',
    hint: 'Check spec.storage.persistentVolumeClaim.claimName: it is of the namespace of the ModelVersion.',
  },
  {
    says: /bound to non-existent p(?:ersistentvolume|v)/i,
    code: 'VolumeLost',
    means: 'the volume of the PersistentVolumeClaim was deleted',
    hint: 'Make the volume again, or name another claim.',
  },
  {
    // https://github.com/kubernetes/kubernetes/pull/102028 and #129143: the kubelet's and two of the scheduler's.
    says: /ReadWriteOncePod access mode/i,
    code: 'ClaimInUse',
    means: 'a pod has the volume for itself alone (ReadWriteOncePod)',
    hint: 'Wait until the pod that has it has ended, or stop it.',
  },
  {
    says: /Multi-Attach error|already exclusively attached|already used by pod\(s\)/i,
    code: 'ClaimInUse',
    means: 'the volume is in use on another node',
    hint: 'Wait until the pod that has it has ended, or stop it.',
  },
  {
    says: /unbound immediate PersistentVolumeClaims|didn't find available persistent volumes to bind|PersistentVolumeClaim is not bound|has non-bound phase/i,
    code: 'ClaimUnbound',
    means: 'the PersistentVolumeClaim has no volume yet',
    hint: '"kubectl describe pvc" says what it waits for.',
  },
  {
    says: /has volumeMode Block, but is specified in volumeMounts/i,
    code: 'MountFailed',
    means: 'the PersistentVolumeClaim is a block device',
    hint: 'A model is read from files: name a claim with volumeMode Filesystem.',
    retryable: false,
  },
];

/** The volume of a claim may be any; those that several pods can read are NFS more often than not. */
export const CLAIM_SAYINGS: readonly Saying[] = [...OF_CLAIMS, ...NFS_SAYINGS];
