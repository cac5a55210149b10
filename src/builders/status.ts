import type { Condition } from '../api/condition.ts';
import type { ModelVersionStatus } from '../api/modelversion.ts';
import { timestampOf } from '../api/timestamp.ts';
import type { StowageError } from '../errors.ts';
import type { Report } from '../pack/report.ts';

/**
 * What a build's course means for a ModelVersion's status. Pure: whoever runs the build (this process, a pod) gives the
 * present status and the time and stores what comes back. Conditions follow kstatus: Ready says whether the image is
 * there, Reconciling that somebody is at it, Stalled that only a person can get it going again.
 */
export interface Moment {
  readonly now: Date;
  /** The generation of the spec that this status speaks of. */
  readonly generation: number;
}

type Status = ModelVersionStatus;

/** A build has begun. */
export function building(status: Status, image: { tag: string }, at: Moment): Status {
  return {
    ...withoutOutcome(status),
    imageBuildPhase: 'ImageBuilding',
    imageTag: image.tag,
    attempts: (status.attempts ?? 0) + 1,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      { type: 'Ready', status: 'False', reason: 'Building', message: 'the image is being built' },
      { type: 'Reconciling', status: 'True', reason: 'Building', message: 'the image is being built' },
      { type: 'Stalled', status: 'False', reason: 'Building', message: '' },
    ]),
  };
}

/** The image is in its place. */
export function ready(status: Status, report: Report, at: Moment): Status {
  const message = `image ${report.image}`;
  return {
    ...status,
    image: report.image,
    digest: report.digest,
    size: report.size,
    bytes: { ...report.bytes },
    model: { ...report.model },
    imageBuildPhase: 'ImageBuildSucceeded',
    finishTime: timestampOf(at.now),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      { type: 'Ready', status: 'True', reason: 'Succeeded', message },
      { type: 'Reconciling', status: 'False', reason: 'Succeeded', message: '' },
      { type: 'Stalled', status: 'False', reason: 'Succeeded', message: '' },
    ]),
  };
}

/** The build failed; the reason is the error's code. */
export function failed(status: Status, error: StowageError, at: Moment): Status {
  const message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  const stalled = error.retryable ? 'False' : 'True';
  return {
    ...withoutOutcome(status),
    imageBuildPhase: 'ImageBuildFailed',
    finishTime: timestampOf(at.now),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      { type: 'Ready', status: 'False', reason: error.code, message },
      { type: 'Reconciling', status: 'False', reason: error.code, message: '' },
      { type: 'Stalled', status: stalled, reason: error.code, message: stalled === 'True' ? message : '' },
    ]),
  };
}

export function isReady(status: Status | undefined): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** What an attempt before this one has said. */
const OUTCOME: readonly (keyof Status)[] = ['image', 'digest', 'size', 'bytes', 'finishTime', 'message'];

function withoutOutcome(status: Status): Status {
  const kept = { ...status };
  for (const key of OUTCOME) Reflect.deleteProperty(kept, key);
  return kept;
}

type NewCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** A condition's transition time moves only when its status does (Kubernetes API conventions, "Typical status properties"). */
function setConditions(
  before: readonly Condition[] = [],
  at: Moment,
  wanted: readonly NewCondition[],
): Condition[] {
  const set = wanted.map((condition): Condition => {
    const old = before.find(({ type }) => type === condition.type);
    const since = old?.status === condition.status ? old.lastTransitionTime : timestampOf(at.now);
    return { ...condition, lastTransitionTime: since, observedGeneration: at.generation };
  });
  const others = before.filter(({ type }) => !wanted.some((condition) => condition.type === type));
  return [...others, ...set];
}
