import { refused, waiting } from '../builders/cluster-status.ts';
import { ModelVersionSpec } from '../api/modelversion.ts';
import { asStowageError, StowageError } from '../errors.ts';
import { storageInCluster } from '../storage/kinds.ts';
import { metadataPatch, modelDraft } from './drafts.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { obstacleFor, type Obstacle } from './obstacle.ts';
import { failedAtOnce, withAttempt } from './outcome.ts';
import { queued } from './queued.ts';
import { generationOf, newRequest } from './stage.ts';
import { isEmpty, removal } from './tidy.ts';
import { overdue } from './times.ts';

/** How soon a Model that is being deleted is looked at again, in milliseconds. */
const MODEL_GOING_MS = 2_000;

/** A version that does not run: whether an attempt may begin now, and the beginning of it. */
export function begin(seen: Observed, setting: Setting): Decision {
  const { version, namespace } = seen;
  if (!isEmpty(seen.owned)) return leftovers(seen, setting);
  if (namespace?.metadata.deletionTimestamp !== undefined) return terminating(seen, setting);
  const until = untilRetry(seen, setting);
  if (until > 0) return { actions: [], wait: until, leave: true };
  const nodeName = declaredNode(version.spec);
  if (nodeName instanceof StowageError) return refusal(seen, nodeName, setting);
  const obstacle = obstacleFor(nodeName, seen);
  if (obstacle !== undefined) return facing(obstacle, seen, setting);
  if (seen.turn === undefined) return { look: 'turn' };
  if (!seen.turn.granted) return queued(seen, seen.turn.position, setting);
  return start(seen, setting);
}

/** What an attempt before this one has left must go first. */
function leftovers(seen: Observed, setting: Setting): Decision {
  const { actions, wait } = removal(seen.owned, setting);
  const until = untilRetry(seen, setting);
  return { actions, wait: Math.min(wait ?? Infinity, until > 0 ? until : Infinity), leave: true };
}

/** The Model first, then what must be on the version before there is a volume, then the word that it has begun. */
function start(seen: Observed, setting: Setting): Decision {
  const { version, model } = seen;
  if (model === undefined)
    return { actions: [{ do: 'createModel', draft: modelDraft(version) }], again: true };
  if (model.metadata.deletionTimestamp !== undefined) return { actions: [], wait: MODEL_GOING_MS };
  const patch = metadataPatch(version, model);
  if (patch !== undefined) return { actions: [{ do: 'patchVersion', patch }], again: true };
  return { actions: [], status: withAttempt(seen, setting).status };
}

function untilRetry({ version }: Observed, { now }: Setting): number {
  const { retryTime } = version.status ?? {};
  if (retryTime === undefined || newRequest(version, 'retry') !== undefined) return 0;
  return overdue(retryTime, 0, now);
}

/** Objects that KubeDL's CRD let in may hold anything. */
function declaredNode(spec: unknown): string | StowageError | undefined {
  const checked = ModelVersionSpec.safeParse(spec);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = ['spec', ...(issue?.path ?? [])].join('.');
    return new StowageError('DeclarationInvalid', `${where}: ${issue?.message ?? 'invalid'}`, {
      hint: 'The spec cannot change: delete the ModelVersion and make it anew.',
    });
  }
  try {
    return storageInCluster(checked.data.storage).nodeName();
  } catch (error) {
    return asStowageError(error);
  }
}

/** A failure may pass, and is tried again; a refusal stands until something else changes. */
function facing(obstacle: Obstacle, seen: Observed, setting: Setting): Decision {
  if ('look' in obstacle) return obstacle;
  return 'failure' in obstacle
    ? failedAtOnce(seen, obstacle.failure, setting)
    : refusal(seen, obstacle.refusal, setting);
}

function refusal({ version }: Observed, error: StowageError, { now }: Setting): Decision {
  const at = { now, generation: generationOf(version) };
  return { actions: [], status: refused(version.status ?? {}, error, at), leave: true };
}

function terminating({ version }: Observed, { now }: Setting): Decision {
  const at = { now, generation: generationOf(version) };
  const message = 'the namespace is being deleted';
  const status = waiting(version.status ?? {}, { reason: 'NamespaceTerminating', message }, at);
  return { actions: [], status, leave: true };
}
