import { StowageError } from '../errors.ts';
import type { PersistentVolumeClaim } from '../kube/core.ts';
import type { ClusterClaim } from '../storage/kinds.ts';

/** Where in a cluster a CSI driver is. */
export interface DriverLook {
  /** Whether there is a CSIDriver of its name. */
  readonly installed: boolean;
  /** Names of the nodes that it has registered on. */
  readonly nodes: readonly string[];
  /** Whether these are all nodes. */
  readonly everywhere: boolean;
}

/** A claim that a version names. */
export interface ClaimLook {
  readonly claim: PersistentVolumeClaim | 'missing';
  /** Names of the nodes on which other pods have it. */
  readonly holders: readonly string[];
}

/** Enough to find room on; a pod that named all nodes of a large cluster would be larger than the API takes. */
const MAX_NODES = 100;

/** Without its driver a pod would wait, and the first event that says why comes after two minutes (seen). */
export function driverTrouble(driver: string, { installed, nodes }: DriverLook): StowageError | undefined {
  if (installed && nodes.length > 0) return undefined;
  const where = installed ? 'runs on no node' : 'is not installed';
  return new StowageError('DriverMissing', `the CSI driver ${driver} ${where}`, {
    hint: `Install it; "kubectl get csidrivers" and "kubectl get csinodes" show where it is.`,
    retryable: true,
  });
}

/** The nodes that have the driver, where not all have it; the scheduler does not look at that. */
export function nodesWith({ everywhere, nodes }: DriverLook): readonly string[] | undefined {
  return everywhere ? undefined : nodes.slice(0, MAX_NODES);
}

export function claimTrouble(
  { claimName }: ClusterClaim,
  { claim, holders }: ClaimLook,
): StowageError | undefined {
  if (claim === 'missing' || claim.metadata.deletionTimestamp !== undefined)
    return new StowageError(
      'ClaimNotFound',
      `the PersistentVolumeClaim ${JSON.stringify(claimName)} ${claim === 'missing' ? 'does not exist' : 'is being deleted'}`,
      { hint: 'It must be in the namespace of the ModelVersion: kubectl get pvc', retryable: true },
    );
  if (claim.status?.phase === 'Lost')
    return new StowageError('VolumeLost', `the claim ${claimName} has lost its volume`, {
      hint: `kubectl describe pvc ${claimName}`,
      retryable: true,
    });
  return isExclusive(claim) && holders.length > 0 ? inUse(claimName) : undefined;
}

/** Kubernetes lets one pod of the whole cluster have it. */
function isExclusive({ spec }: PersistentVolumeClaim): boolean {
  return spec.accessModes.includes('ReadWriteOncePod');
}

function inUse(claimName: string): StowageError {
  return new StowageError('ClaimInUse', `the claim ${claimName} is ReadWriteOncePod, and a pod has it`, {
    hint: 'Wait until that pod has ended.',
    retryable: true,
  });
}

/**
 * A volume of ReadWriteOnce can be on one node only; the scheduler does not look where it is. Undefined: it can be
 * anywhere, or is nowhere yet.
 */
export function nodesOfClaim({ claim, holders }: ClaimLook): readonly string[] | undefined {
  if (claim === 'missing' || holders.length === 0) return undefined;
  const elsewhere = claim.spec.accessModes.some(
    (mode) => mode === 'ReadOnlyMany' || mode === 'ReadWriteMany',
  );
  return elsewhere ? undefined : holders;
}
