import { StowageError } from '../errors.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../kube/core.ts';

const DETAILS = {
  retryable: true,
  hint: 'Leave what carries the label app.kubernetes.io/managed-by: stowage alone.',
};

/** What of an attempt is there. */
export interface VolumeAndClaim {
  readonly volume: PersistentVolume | undefined;
  readonly claim: PersistentVolumeClaim | undefined;
}

/** What is wrong where a volume or its claim was there and is not any more, or is not what it was. */
export function lostVolume({ volume, claim }: VolumeAndClaim): StowageError | undefined {
  const what = volumeLoss(volume, claim !== undefined) ?? claimLoss(claim);
  return what === undefined ? undefined : new StowageError('VolumeLost', what, DETAILS);
}

function volumeLoss(volume: PersistentVolume | undefined, expected: boolean): string | undefined {
  if (volume === undefined) return expected ? 'the volume was deleted' : undefined;
  const { phase } = volume.status ?? {};
  if (volume.metadata.deletionTimestamp !== undefined)
    return `the volume ${volume.metadata.name} was deleted`;
  if (phase !== 'Released' && phase !== 'Failed') return undefined;
  return `the volume ${volume.metadata.name} is ${phase.toLowerCase()}`;
}

function claimLoss(claim: PersistentVolumeClaim | undefined): string | undefined {
  const lost = claim?.metadata.deletionTimestamp !== undefined || claim?.status?.phase === 'Lost';
  return lost ? `the claim ${claim.metadata.name} has lost its volume` : undefined;
}

export function lostPod(name: string): StowageError {
  return new StowageError('PodLost', `the builder pod ${name} was deleted`, DETAILS);
}
