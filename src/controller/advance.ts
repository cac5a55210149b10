import { handedOver } from '../builders/cluster-status.ts';
import { asStowageError, StowageError } from '../errors.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../kube/core.ts';
import { storageInCluster } from '../storage/kinds.ts';
import { nodeTrouble } from './begin.ts';
import { claimDraft, podDraft, volumeDraft } from './drafts.ts';
import { followPod } from './follow-pod.ts';
import { namesOf } from './names.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { attemptFailed } from './outcome.ts';
import { generationOf } from './stage.ts';
import { removal } from './tidy.ts';
import { overdue } from './times.ts';

/** How soon a new pod is looked at, in milliseconds: no event tells that nothing happens. */
const POD_LOOK_MS = 2_000;

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
      : followPod(known(seen, own.pod, setting), own.pod, setting);
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

interface Own {
  readonly volume: PersistentVolume | undefined;
  readonly claim: PersistentVolumeClaim | undefined;
}

function makeNext(seen: Observed, { volume, claim }: Own, setting: Setting): Decision {
  const lost = lostBefore(seen, { volume, claim });
  if (lost !== undefined) return seen.live ? attemptFailed(seen, lost, setting) : { look: 'live' };
  if (volume === undefined) return makeVolume(seen, setting);
  const { phase = 'Pending' } = volume.status ?? {};
  if (phase === 'Pending') return storageWait(seen, volume.status?.message, setting);
  if (claim === undefined) return makeClaim(seen, volume, setting);
  if (claim.status?.phase !== 'Bound') return storageWait(seen, undefined, setting);
  return makePod(seen, volume, claim, setting);
}

/** What was there and is not, or is not what it was. */
function lostBefore({ version }: Observed, { volume, claim }: Own): StowageError | undefined {
  const { builderPod } = version.status ?? {};
  const details = {
    retryable: true,
    hint: 'Leave what carries the label app.kubernetes.io/managed-by: stowage alone.',
  };
  if (builderPod !== undefined)
    return new StowageError('PodLost', `the builder pod ${builderPod} was deleted`, details);
  const gone = (what: string) => new StowageError('VolumeLost', what, details);
  if (volume === undefined) return claim === undefined ? undefined : gone('the volume was deleted');
  const { phase } = volume.status ?? {};
  if (volume.metadata.deletionTimestamp !== undefined)
    return gone(`the volume ${volume.metadata.name} was deleted`);
  if (phase === 'Released' || phase === 'Failed')
    return gone(`the volume ${volume.metadata.name} is ${phase.toLowerCase()}`);
  if (claim === undefined) return undefined;
  if (claim.metadata.deletionTimestamp !== undefined || claim.status?.phase === 'Lost')
    return gone(`the claim ${claim.metadata.name} has lost its volume`);
  return undefined;
}

function makeVolume(seen: Observed, setting: Setting): Decision {
  const { version, node, verdict } = seen;
  try {
    const storage = storageInCluster(version.spec.storage);
    const nodeName = storage.nodeName();
    if (nodeName !== undefined && node === undefined) return { look: 'node' };
    const trouble = nodeTrouble(nodeName, node);
    if (trouble !== undefined) return attemptFailed(seen, trouble, setting);
    if (verdict === undefined) return { look: 'verdict' };
    if (!verdict.allowed)
      return attemptFailed(
        seen,
        new StowageError('PolicyDenied', verdict.message, { hint: verdict.hint }),
        setting,
      );
    const parts = storage.volume({ node: node === 'missing' ? undefined : node, prefix: verdict.prefix });
    const draft = volumeDraft(version, version.status?.attempts ?? 1, parts);
    return { actions: [{ do: 'createVolume', draft }], ...storageDeadline(seen, setting) };
  } catch (error) {
    return attemptFailed(seen, asStowageError(error), setting);
  }
}

function makeClaim(seen: Observed, volume: PersistentVolume, setting: Setting): Decision {
  const draft = claimDraft(seen.version, seen.version.status?.attempts ?? 1, volume);
  return { actions: [{ do: 'createClaim', draft }], ...storageDeadline(seen, setting) };
}

function makePod(
  seen: Observed,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
  setting: Setting,
): Decision {
  const { version } = seen;
  let subPath;
  try {
    subPath = storageInCluster(version.spec.storage).subPath(volume);
  } catch (error) {
    return attemptFailed(seen, asStowageError(error), setting);
  }
  const spec = setting.builder.podSpec(version, claim.metadata.name, subPath);
  const draft = podDraft(version, version.status?.attempts ?? 1, spec);
  const at = { now: setting.now, generation: generationOf(version) };
  return {
    actions: [{ do: 'createPod', draft }],
    status: handedOver(version.status ?? {}, draft.metadata.name, at),
    wait: POD_LOOK_MS,
  };
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
