import { handedOver } from '../builders/cluster-status.ts';
import { asStowageError, StowageError } from '../errors.ts';
import type { PersistentVolume, Pod } from '../kube/core.ts';
import { storageInCluster, type ClusterVolume } from '../storage/kinds.ts';
import type { VolumeParts } from '../storage/storage.ts';
import { claimDraft, volumeDraft } from './drafts.ts';
import { followPod } from './follow-pod.ts';
import { changedVolume, lostPod, lostVolume, type VolumeAndClaim } from './lost.ts';
import { makePod } from './make-pod.ts';
import { namesOf } from './names.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { attemptFailed } from './outcome.ts';
import { generationOf } from './stage.ts';
import { removal } from './tidy.ts';
import { overdue } from './times.ts';
import { unlessObstacle } from './unless-obstacle.ts';

/** An attempt is under way: the next step of volume, claim, pod, result. */
export function advance(seen: Observed, setting: Setting): Decision {
  const attempt = seen.version.status?.attempts ?? 1;
  const names = namesOf(seen.version, attempt);
  const own = {
    volume: seen.owned.volumes.find(({ metadata }) => metadata.name === names.volume),
    claim: seen.owned.claims.find(({ metadata }) => metadata.name === names.claim),
    pod: seen.owned.pods.find(({ metadata }) => metadata.name === names.pod),
  };
  const step =
    own.pod === undefined
      ? makeNext(seen, own, setting)
      : followPod(known(seen, own.pod, setting), { ...own, pod: own.pod }, setting);
  if ('look' in step) return step;
  // What an attempt before this one has left is in nobody's way, but goes.
  const { actions } = removal(others(seen, names), setting);
  return { ...step, actions: [...actions, ...step.actions] };
}

function others({ owned }: Observed, names: ReturnType<typeof namesOf>): Observed['owned'] {
  return {
    volumes: owned.volumes.filter(({ metadata }) => metadata.name !== names.volume),
    claims: owned.claims.filter(({ metadata }) => metadata.name !== names.claim),
    pods: owned.pods.filter(({ metadata }) => metadata.name !== names.pod),
  };
}

/** The controller may have ended between making the pod and writing so. */
function known(seen: Observed, { metadata }: Pod, { now }: Setting): Observed {
  const { version } = seen;
  if (version.status?.builderPod !== undefined) return seen;
  const at = { now, generation: generationOf(version) };
  return { ...seen, version: { ...version, status: handedOver(version.status ?? {}, metadata.name, at) } };
}

function makeNext(seen: Observed, made: VolumeAndClaim, setting: Setting): Decision {
  const { builderPod } = seen.version.status ?? {};
  const lost = builderPod === undefined ? lostVolume(made) : lostPod(builderPod);
  if (lost !== undefined) return seen.live ? attemptFailed(seen, lost, setting) : { look: 'live' };
  try {
    const storage = storageInCluster(seen.version.spec.storage);
    return storage.by === 'claim'
      ? unlessObstacle(seen, storage, setting, () => makePod(seen, storage, undefined, setting))
      : makeVolumeNext(seen, storage, made, setting);
  } catch (error) {
    return attemptFailed(seen, asStowageError(error), setting);
  }
}

function makeVolumeNext(
  seen: Observed,
  storage: ClusterVolume,
  { volume, claim }: VolumeAndClaim,
  setting: Setting,
): Decision {
  if (volume === undefined)
    return unlessObstacle(seen, storage, setting, () => makeVolume(seen, storage, setting));
  if (!isAvailable(volume)) return storageWait(seen, volume.status?.message, setting);
  if (claim === undefined) return makeClaim(seen, volume, setting);
  if (claim.status?.phase !== 'Bound') return storageWait(seen, undefined, setting);
  return unlessObstacle(seen, storage, setting, () => {
    const lost = changedVolume(volume, partsFor(seen, storage));
    return lost === undefined ? makePod(seen, storage, volume, setting) : attemptFailed(seen, lost, setting);
  });
}

function isAvailable({ status }: PersistentVolume): boolean {
  return status?.phase === 'Available' || status?.phase === 'Bound';
}

/** What the volume is made of, as it is allowed now. */
function partsFor({ node, verdict }: Observed, storage: ClusterVolume): VolumeParts {
  const { prefix, mountOptions } =
    verdict?.allowed === true ? verdict : { prefix: undefined, mountOptions: [] };
  return storage.volume({ node: node === 'missing' ? undefined : node, prefix, mountOptions });
}

function makeVolume(seen: Observed, storage: ClusterVolume, setting: Setting): Decision {
  const { version } = seen;
  const draft = volumeDraft(version, version.status?.attempts ?? 1, partsFor(seen, storage));
  return { actions: [{ do: 'createVolume', draft }], ...storageDeadline(seen, setting) };
}

function makeClaim(seen: Observed, volume: PersistentVolume, setting: Setting): Decision {
  const draft = claimDraft(seen.version, seen.version.status?.attempts ?? 1, volume);
  return { actions: [{ do: 'createClaim', draft }], ...storageDeadline(seen, setting) };
}

function storageWait(seen: Observed, said: string | undefined, setting: Setting): Decision {
  const { wait } = storageDeadline(seen, setting);
  if (wait > 0) return { actions: [], wait };
  const why = said === undefined || said === '' ? '' : `: ${said}`;
  const error = new StowageError(
    'ClaimUnbound',
    `the volume was not bound within ${setting.settings.deadlines.storage} s${why}`,
    { retryable: true, hint: 'Does the controller manager of the cluster run? See: kubectl get pv,pvc' },
  );
  return attemptFailed(seen, error, setting);
}

function storageDeadline({ version }: Observed, { now, settings }: Setting): { readonly wait: number } {
  return { wait: overdue(version.status?.startTime ?? now, settings.deadlines.storage, now) };
}
