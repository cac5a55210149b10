import { isDeepStrictEqual } from 'node:util';
import { StowageError } from '../errors.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../kube/core.ts';
import type { VolumeParts } from '../storage/storage.ts';

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
  const what = volumeLoss(volume, claim !== undefined) ?? claimLoss(claim, volume);
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

function claimLoss(
  claim: PersistentVolumeClaim | undefined,
  volume: PersistentVolume | undefined,
): string | undefined {
  // Whoever may make claims may have made it, with our labels, for a volume that nobody has judged.
  if (claim !== undefined && claim.spec.volumeName !== volume?.metadata.name)
    return `the claim ${claim.metadata.name} is for another volume`;
  const lost = claim?.metadata.deletionTimestamp !== undefined || claim?.status?.phase === 'Lost';
  return lost ? `the claim ${claim.metadata.name} has lost its volume` : undefined;
}

/** What is wrong with a volume that was made for what a policy allowed then, and not for what it allows now. */
export function changedVolume(
  { metadata, spec }: PersistentVolume,
  { source, mountOptions }: VolumeParts,
): StowageError | undefined {
  const same =
    Object.entries(source).every(([kind, parts]) => isDeepStrictEqual(spec[kind], parts)) &&
    isDeepStrictEqual(spec.mountOptions, ['ro', ...mountOptions]);
  if (same) return undefined;
  return new StowageError(
    'VolumeLost',
    `the volume ${metadata.name} is not what the StoragePolicy allows by now`,
    {
      retryable: true,
      hint: 'The next attempt makes one that is.',
    },
  );
}

export function lostPod(name: string): StowageError {
  return new StowageError('PodLost', `the builder pod ${name} was deleted`, DETAILS);
}
