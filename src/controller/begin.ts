import { queued, waiting, type Waiting } from '../builders/cluster-status.ts';
import { explain } from '../builders/status.ts';
import { ModelVersionSpec } from '../api/modelversion.ts';
import { asStowageError, StowageError } from '../errors.ts';
import { storageInCluster, type ClusterStorage } from '../storage/kinds.ts';
import { metadataPatch, modelDraft } from './drafts.ts';
import type { Decision, Observed, Setting } from './observed.ts';
import { obstacleFor, type Obstacle } from './obstacle.ts';
import { failedAtOnce, refusal, withAttempt } from './outcome.ts';
import { isNews } from './queue-news.ts';
import { generationOf, newRequest } from './stage.ts';
import { isEmpty, removal } from './tidy.ts';
import { overdue } from './times.ts';

/** How soon that is looked at again which no event may tell of. Milliseconds. */
const SOON_MS = 2_000;
/** A refusal stands until something changes, a label of a node for one, which nobody watches. */
const REFUSED_MS = 60_000;
/** A claim that another pod has: nobody tells when it has ended. */
const IN_USE_MS = 10_000;
/** What an attempt has left goes within seconds, unless somebody else holds on to it. Seconds. */
const LEFTOVERS = 20;

/** A version that does not run: whether an attempt may begin now, and the beginning of it. */
export function begin(seen: Observed, setting: Setting): Decision {
  const { version, namespace } = seen;
  if (!isEmpty(seen.owned)) return leftovers(seen, setting);
  // Without its labels nobody can say what is allowed there.
  if (namespace === undefined) return { actions: [], wait: SOON_MS, leave: true };
  if (namespace.metadata.deletionTimestamp !== undefined)
    return standby(
      seen,
      { reason: 'NamespaceTerminating', message: 'the namespace is being deleted' },
      setting,
    );
  const until = untilRetry(seen, setting);
  if (until > 0) return { actions: [], wait: until, leave: true };
  const storage = declaredStorage(version.spec);
  if (storage instanceof StowageError) return refusal(seen, storage, setting);
  const obstacle = obstacleIn(storage, seen) ?? modelObstacle(seen, setting);
  if (obstacle !== undefined) return facing(obstacle, seen, setting);
  if (seen.turn === undefined) return { look: 'turn' };
  if (!seen.turn.granted) return inLine(seen, seen.turn.position, setting);
  return start(seen, storage, setting);
}

/** What an attempt before this one has left must go first. */
function leftovers(seen: Observed, setting: Setting): Decision {
  const { actions, wait = Infinity } = removal(seen.owned, setting);
  const until = untilRetry(seen, setting);
  if (until > 0) return { actions, wait: Math.min(wait, until), leave: true };
  const held = heldUp(seen, setting);
  const shown = held === undefined ? {} : standby(seen, { reason: 'ClaimInUse', message: held }, setting);
  return { ...shown, actions, wait: Math.min(wait, SOON_MS), leave: true };
}

/** Another pod of the namespace that has mounted a claim keeps it from going. */
function heldUp({ owned: { claims } }: Observed, { now }: Setting): string | undefined {
  const held = claims.find(
    ({ metadata: { deletionTimestamp } }) =>
      deletionTimestamp !== undefined && overdue(deletionTimestamp, LEFTOVERS, now) <= 0,
  );
  return (
    held &&
    `the claim ${held.metadata.name} of an earlier attempt is in use: delete the pod that has mounted it`
  );
}

/** A Model that goes takes its versions along. */
function modelObstacle(seen: Observed, setting: Setting): Decision | undefined {
  if (seen.model?.metadata.deletionTimestamp === undefined) return undefined;
  const message = `the Model ${seen.model.metadata.name} is being deleted`;
  const decision = standby(seen, { reason: 'ModelTerminating', message }, setting);
  return { ...decision, wait: SOON_MS };
}

/** The Model first, then what must be on the version before there is a volume, then the word that it has begun. */
function start(seen: Observed, storage: ClusterStorage, setting: Setting): Decision {
  const { version, model } = seen;
  if (model === undefined)
    return { actions: [{ do: 'createModel', draft: modelDraft(version) }], again: true };
  const patch = metadataPatch(version, model, storage.by === 'volume');
  if (patch === undefined) return { actions: [], status: withAttempt(seen, setting).status };
  // An owner that is no more, of which our caches do not know yet, would have the version collected as garbage.
  if (seen.modelIsLive !== true) return { look: 'model' };
  return { actions: [{ do: 'patchVersion', patch }], again: true };
}

function untilRetry({ version }: Observed, { now }: Setting): number {
  const { retryTime } = version.status ?? {};
  if (retryTime === undefined || newRequest(version, 'retry') !== undefined) return 0;
  return overdue(retryTime, 0, now);
}

/** Objects that KubeDL's CRD let in may hold anything. */
function declaredStorage(spec: unknown): ClusterStorage | StowageError {
  const checked = ModelVersionSpec.safeParse(spec);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = ['spec', ...(issue?.path ?? [])].join('.');
    return new StowageError('DeclarationInvalid', `${where}: ${issue?.message ?? 'invalid'}`, {
      hint: 'The spec cannot change: delete the ModelVersion and make it anew.',
    });
  }
  try {
    return storageInCluster(checked.data.storage);
  } catch (error) {
    return asStowageError(error);
  }
}

function obstacleIn(storage: ClusterStorage, seen: Observed): Obstacle | undefined {
  try {
    return obstacleFor(storage, seen);
  } catch (error) {
    return { refusal: asStowageError(error) };
  }
}

/** A failure may pass, and is tried again; a refusal stands until something else changes. */
function facing(obstacle: Obstacle | Decision, seen: Observed, setting: Setting): Decision {
  if ('look' in obstacle || 'actions' in obstacle) return obstacle;
  if ('standby' in obstacle) {
    const { code: reason } = obstacle.standby;
    const decision = standby(seen, { reason, message: explain(obstacle.standby) }, setting);
    return { ...decision, wait: IN_USE_MS };
  }
  return 'failure' in obstacle
    ? failedAtOnce(seen, obstacle.failure, setting)
    : { ...refusal(seen, obstacle.refusal, setting), wait: REFUSED_MS };
}

function inLine({ version }: Observed, position: number, { now }: Setting): Decision {
  const { queuePosition: told } = version.status ?? {};
  if (told !== undefined && !isNews(told, position)) return { actions: [] };
  const at = { now, generation: generationOf(version) };
  return { actions: [], status: queued(version.status ?? {}, position, at) };
}

/** Nothing can be done as things are, and no attempt has failed. */
function standby({ version }: Observed, why: Waiting, { now }: Setting): Done {
  const at = { now, generation: generationOf(version) };
  return { actions: [], status: waiting(version.status ?? {}, why, at), leave: true };
}

type Done = Extract<Decision, { readonly actions: unknown }>;
