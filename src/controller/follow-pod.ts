import { running, waiting } from '../builders/cluster-status.ts';
import { podStage } from '../builders/pod-stage.ts';
import { explain, ready, without } from '../builders/status.ts';
import { StowageError } from '../errors.ts';
import type { Pod } from '../kube/core.ts';
import { sayingsOf, storageInCluster } from '../storage/kinds.ts';
import { asMeant } from '../storage/saying.ts';
import { filesDraft } from './drafts.ts';
import { lostVolume, type VolumeAndClaim } from './lost.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { attemptFailed } from './outcome.ts';
import { acknowledged, generationOf } from './stage.ts';
import { isStuck, removal } from './tidy.ts';
import { overdue } from './times.ts';
import { unlessObstacle } from './unless-obstacle.ts';

/** Events about a pod are asked for so often while it does not start, in milliseconds. */
const TROUBLE_EVERY_MS = 2_000;
/** Progress is told so often, in milliseconds; of builds that take hours less often. */
const PROGRESS_EVERY_MS = 2_000;
const PROGRESS_MOST_MS = 10_000;
const PROGRESS_PART = 100;
/** How much longer than the kubelet the controller waits for a pod to be ended at its deadline, in seconds. */
const DEADLINE_GRACE = 120;

interface Own extends VolumeAndClaim {
  readonly pod: Pod;
}

/** The builder pod is there: what it says, and what is to be done about it. */
export function followPod(seen: Observed, own: Own, setting: Setting): Decision {
  const { pod } = own;
  const stage = podStage(pod, sayingsOf(seen.version.spec.storage));
  switch (stage.is) {
    case 'ended':
      return end(seen, pod, setting);
    case 'leaving':
      return isStuck(pod, setting) ? podStuck(seen, pod, setting) : podLeaving(seen, pod, setting);
    case 'gated':
      return unlessObstacle(seen, storageInCluster(seen.version.spec.storage), setting, () =>
        openGate(seen, pod, setting),
      );
    case 'running':
      return follow(seen, pod, stage.since, setting);
    case 'pending':
      return stage.since === undefined
        ? pending(seen, own, stage.trouble, setting)
        : between(seen, { pod, ...stage, since: stage.since }, setting);
  }
}

function end(seen: Observed, pod: Pod, setting: Setting): Decision {
  const { result: resultOf, uploads } = setting.buildOf(seen.version);
  const result = resultOf(pod, seen.log);
  if (!result.ok) {
    const unclear = result.unclear === true || uploads !== undefined;
    if (unclear && seen.log === undefined) return { look: 'log' };
    const version = withUploads({ ...seen, uploads: uploads?.(seen.log ?? '') });
    const error = asMeant(result.error, sayingsOf(seen.version.spec.storage));
    return attemptFailed({ ...seen, version }, error, setting);
  }
  const at = { now: setting.now, generation: generationOf(seen.version) };
  const status = acknowledged(ready(seen.version.status ?? {}, result.summary, at), seen.version);
  return { actions: [], status, leave: true };
}

/** The version with what its pod says that it has under way; what was known before, where it does not say. */
function withUploads({ version, uploads }: Observed): Observed['version'] {
  if (uploads === undefined) return version;
  const status = without(version.status ?? {}, ['uploads']);
  return { ...version, status: uploads.length === 0 ? status : { ...status, uploads: [...uploads] } };
}

function podStuck(seen: Observed, { metadata, spec }: Pod, setting: Setting): Decision {
  const error = new StowageError(
    'NodeLost',
    `node ${spec.nodeName ?? ''} does not end the builder pod ${metadata.name}`,
    { retryable: true, hint: 'The node is down or cannot be reached; the pod is deleted by force.' },
  );
  return attemptFailed(seen, error, setting);
}

function podLeaving(seen: Observed, pod: Pod, setting: Setting): Decision {
  const { actions, wait } = removal({ pods: [pod], claims: [], volumes: [] }, setting);
  return {
    actions,
    ...shown(seen, { reason: 'PodLost', message: 'the builder pod is being deleted' }, setting),
    wait,
  };
}

/** It waits for its files. */
function openGate(seen: Observed, pod: Pod, setting: Setting): Decision {
  const { start } = setting.settings.deadlines;
  const left = overdue(pod.metadata.creationTimestamp ?? setting.now, start, setting.now);
  if (left <= 0) return attemptFailed(seen, tooSlow(pod, start), setting);
  const files = setting.buildOf(seen.version).files() ?? {};
  const draft = filesDraft(pod, files);
  return {
    actions: [
      { do: 'createFiles', draft, pod },
      { do: 'openGate', pod },
    ],
    wait: left,
  };
}

function follow(seen: Observed, pod: Pod, since: string | undefined, setting: Setting): Decision {
  const { now, settings } = setting;
  const { activeDeadlineSeconds: deadline = settings.deadlines.build } = pod.spec;
  const left = overdue(since ?? now, deadline + DEADLINE_GRACE, now);
  if (left <= 0) return attemptFailed(seen, ranTooLong(deadline), setting);
  const every = progressEvery(now.getTime() - new Date(since ?? now).getTime());
  if (now.getTime() - new Date(since ?? now).getTime() >= PROGRESS_EVERY_MS && seen.progress === undefined)
    return { look: 'progress' };
  const at = { now, generation: generationOf(seen.version) };
  const status = running(withUploads(seen).status ?? {}, seen.progress ?? undefined, at);
  return { actions: [], status, wait: Math.min(every, left) };
}

function ranTooLong(seconds: number): StowageError {
  return new StowageError('Timeout', `the builder pod ran for more than ${seconds} s`, {
    hint: 'deadlines.build in the settings of the controller, and limits.buildSeconds of the StoragePolicy, say how long it may.',
    // What has arrived by then is not sent again.
    retryable: true,
  });
}

/** Milliseconds, by how long it has run. */
function progressEvery(elapsed: number): number {
  return Math.min(PROGRESS_MOST_MS, Math.max(PROGRESS_EVERY_MS, elapsed / PROGRESS_PART));
}

function pending(seen: Observed, own: Own, said: StowageError | undefined, setting: Setting): Decision {
  // A pod that runs keeps what it has mounted; one that does not would wait for ever.
  const lost = lostVolume(own);
  if (lost !== undefined) return seen.live ? attemptFailed(seen, lost, setting) : { look: 'live' };
  const { now, settings } = setting;
  const age = now.getTime() - new Date(own.pod.metadata.creationTimestamp ?? now).getTime();
  if (said === undefined && seen.trouble === undefined && age >= TROUBLE_EVERY_MS) return { look: 'trouble' };
  const trouble = said ?? seen.trouble ?? undefined;
  const left = settings.deadlines.start * 1000 - age;
  if (left <= 0) return attemptFailed(seen, trouble ?? tooSlow(own.pod, settings.deadlines.start), setting);
  return awaitStart(seen, trouble, left, setting);
}

/** Its first container is done, with all volumes mounted, and the next has not begun: an image is pulled. */
function between(
  seen: Observed,
  {
    pod,
    trouble,
    since,
  }: { readonly pod: Pod; readonly trouble: StowageError | undefined; readonly since: string },
  setting: Setting,
): Decision {
  const { start } = setting.settings.deadlines;
  const left = overdue(since, start, setting.now);
  if (left <= 0) return attemptFailed(seen, trouble ?? tooSlow(pod, start), setting);
  return awaitStart(seen, trouble, left, setting);
}

/** @param left milliseconds until it must have started */
function awaitStart(
  seen: Observed,
  trouble: StowageError | undefined,
  left: number,
  setting: Setting,
): Decision {
  const wait = Math.min(left, TROUBLE_EVERY_MS);
  if (trouble === undefined) return { actions: [], wait };
  if (!trouble.retryable) return attemptFailed(seen, trouble, setting);
  return { actions: [], ...shown(seen, { reason: trouble.code, message: explain(trouble) }, setting), wait };
}

function tooSlow({ metadata, spec }: Pod, seconds: number): StowageError {
  const where = spec.nodeName === undefined ? 'was given no node' : `did not start on node ${spec.nodeName}`;
  return new StowageError('Timeout', `the builder pod ${metadata.name} ${where} within ${seconds} s`, {
    retryable: true,
    hint: `kubectl describe pod ${metadata.name}`,
  });
}

function shown(
  { version }: Observed,
  why: { readonly reason: string; readonly message: string },
  { now }: Setting,
): Pick<Extract<Decision, { actions: unknown }>, 'status'> {
  return { status: waiting(version.status ?? {}, why, { now, generation: generationOf(version) }) };
}
