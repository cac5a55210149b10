import { LABELS, MANAGED_BY } from '../api/labels.ts';
import type { NodeNames } from '../builders/builder.ts';
import { StowageError } from '../errors.ts';
import type { PersistentVolumeClaim } from '../kube/core.ts';
import type { ClusterClaim } from '../storage/kinds.ts';

/** Where in a cluster a CSI driver is. */
export interface DriverLook {
  /** Whether there is a CSIDriver of its name. */
  readonly installed: boolean;
  /** Names of the nodes that it has registered on. */
  readonly nodes: readonly string[];
  /** Names of the others. */
  readonly without: readonly string[];
}

/** A claim that a version names. */
export interface ClaimLook {
  readonly claim: PersistentVolumeClaim | 'missing';
  /** Names of the nodes on which other pods have it; of a claim that can be on several nodes none are looked for. */
  readonly holders: readonly string[];
  /** Whether its volume is a directory of a node that is not mounted, so not mounted read-only either. */
  readonly hostPath: boolean;
}

/** A pod that named all nodes of a large cluster would be larger than the API takes. */
const MAX_NODES = 500;

/** Without its driver a pod would wait, and the first event that says why comes after two minutes (seen). */
export function driverTrouble(driver: string, { installed, nodes }: DriverLook): StowageError | undefined {
  if (installed && nodes.length > 0) return undefined;
  const where = installed ? 'runs on no node' : 'is not installed';
  return new StowageError('DriverMissing', `the CSI driver ${driver} ${where}`, {
    hint: `Install it; "kubectl get csidrivers" and "kubectl get csinodes" show where it is.`,
    retryable: true,
  });
}

/** Which nodes have the driver, where not all have it: the scheduler does not look at that. */
export function nodesWith({ nodes, without }: DriverLook): NodeNames | undefined {
  if (without.length === 0) return undefined;
  if (without.length < nodes.length) return { but: without.slice(0, MAX_NODES) };
  return { only: nodes.slice(0, MAX_NODES) };
}

export function claimTrouble(
  { claimName }: ClusterClaim,
  { claim, holders }: ClaimLook,
): StowageError | undefined {
  if (claim !== 'missing' && isOurs(claim)) return notTheirs(claimName);
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
  if (isEmptyYet(claim)) return unbound(claimName);
  return isExclusive(claim) && holders.length > 0 ? inUse(claimName) : undefined;
}

/** Made for a build. Its policy has judged where that build's image goes, and no other. */
function isOurs({ metadata }: PersistentVolumeClaim): boolean {
  const { labels = {} } = metadata;
  return labels[LABELS.managedBy] === MANAGED_BY || labels[LABELS.versionUid] !== undefined;
}

function notTheirs(claimName: string): StowageError {
  return new StowageError('PolicyDenied', `the claim ${claimName} was made for a build`, {
    hint: 'Name the storage itself in spec.storage.',
  });
}

/** Its first pod would have a disk made for it, with nothing on it, in a zone that its training may not be in. */
function isEmptyYet({ spec }: PersistentVolumeClaim): boolean {
  return spec.volumeName === undefined && spec.dataSource === undefined && spec.dataSourceRef === undefined;
}

function unbound(claimName: string): StowageError {
  return new StowageError('ClaimUnbound', `the claim ${claimName} has no volume yet`, {
    hint: 'It gets one with its first pod, or when somebody makes one: let what writes the model run first.',
    retryable: true,
  });
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
export function nodesOfClaim({ holders }: ClaimLook): NodeNames | undefined {
  return holders.length === 0 ? undefined : { only: holders };
}

/** Whether its volume can be on several nodes at a time. */
export function canBeAnywhere({ spec }: PersistentVolumeClaim): boolean {
  return spec.accessModes.some((mode) => mode === 'ReadOnlyMany' || mode === 'ReadWriteMany');
}
