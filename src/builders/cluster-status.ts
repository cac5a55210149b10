import type { BuilderName } from '../api/builder-name.ts';
import type { ModelVersionStatus } from '../api/modelversion.ts';
import { timestampOf } from '../api/timestamp.ts';
import type { StowageError } from '../errors.ts';
import type { BuildProgress } from './builder.ts';
import { setConditions, type Moment, type NewCondition } from './conditions.ts';
import { building, explain, without, withoutCourse, withoutOutcome } from './status.ts';

/*
 * What happens to a ModelVersion in a cluster beyond what happens on one machine: it waits for its turn, for its volume
 * and its pod; attempts follow each other. Pure, as in status.ts, and with the same meaning of the conditions.
 */

type Status = ModelVersionStatus;

/** Why something waits: a reason and a sentence. */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

/** As conditions say it. */
const BUILDING = 'the image is being built';

/** An attempt has begun. */
export function begun(
  status: Status,
  { tag, builder }: { readonly tag: string; readonly builder: BuilderName },
  at: Moment,
): Status {
  const started = building(withoutCourse(status), { tag }, at);
  return {
    ...started,
    builder,
    message: BUILDING,
    startTime: timestampOf(at.now),
    conditions: setConditions(started.conditions, at, [
      { type: 'StorageReady', status: 'False', reason: 'Building', message: 'the volume is being made' },
      { type: 'Pushed', status: 'False', reason: 'Building', message: '' },
    ]),
  };
}

/** Nothing has failed, but it waits: for its turn, or within an attempt. */
export function waiting(status: Status, { reason, message }: Waiting, at: Moment): Status {
  return {
    ...status,
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      ...inProgress(reason, message),
      { type: 'Stalled', status: 'False', reason, message: '' },
    ]),
  };
}

/** It waits for its turn, before or between attempts. */
export function queued(status: Status, position: number, at: Moment): Status {
  const message =
    position === 0 ? 'it is next' : `${position} ${position === 1 ? 'build comes' : 'builds come'} first`;
  return { ...waiting(idle(status), { reason: 'Queued', message }, at), queuePosition: position };
}

/** The volume is bound, and the pod that reads it is made. */
export function handedOver(status: Status, pod: string, at: Moment): Status {
  const message = 'the volume is bound';
  return {
    ...status,
    builderPod: pod,
    conditions: setConditions(status.conditions, at, [
      { type: 'StorageReady', status: 'True', reason: 'Bound', message },
    ]),
  };
}

/** The pod runs. */
export function running(status: Status, progress: BuildProgress | undefined, at: Moment): Status {
  const shown = waiting(status, { reason: 'Building', message: BUILDING }, at);
  return progress === undefined ? shown : { ...shown, progress };
}

/** The attempt failed, and another follows. */
export function retrying(
  status: Status,
  error: StowageError,
  retry: { readonly at: Date; readonly attempts: number },
  at: Moment,
): Status {
  const when = timestampOf(retry.at);
  const message = `${explain(error)} (attempt ${status.attempts ?? 1} of ${retry.attempts}, the next at ${when})`;
  return {
    ...waiting(withoutCourse(withoutOutcome(status)), { reason: error.code, message }, at),
    retryTime: when,
  };
}

/** It failed for good: only a person can get it going again. */
export function givenUp(status: Status, error: StowageError, at: Moment): Status {
  const message = explain(error);
  return {
    ...withoutCourse(withoutOutcome(status)),
    imageBuildPhase: 'ImageBuildFailed',
    finishTime: timestampOf(at.now),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      ...stalled(error.code, message),
      { type: 'Pushed', status: 'False', reason: error.code, message: '' },
    ]),
  };
}

/** It cannot begin as things are. When they change it is looked at again; until then only a person can help. */
export function refused(status: Status, error: StowageError, at: Moment): Status {
  const message = explain(error);
  return {
    ...idle(status),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, stalled(error.code, message)),
  };
}

/** It is held back. */
export function suspended(status: Status, at: Moment): Status {
  const message = 'the build is held back by spec.suspend';
  const reason = 'Suspended';
  return {
    ...idle(status),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      { type: 'Ready', status: 'False', reason, message },
      { type: 'Reconciling', status: 'False', reason, message: '' },
      { type: 'Stalled', status: 'False', reason, message: '' },
    ]),
  };
}

/** As before its first attempt, but for the count of attempts. */
function idle(status: Status): Status {
  return without(withoutCourse(withoutOutcome(status)), ['imageBuildPhase', 'startTime']);
}

function inProgress(reason: string, message: string): NewCondition[] {
  return [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'Reconciling', status: 'True', reason, message },
  ];
}

function stalled(reason: string, message: string): NewCondition[] {
  return [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'Reconciling', status: 'False', reason, message: '' },
    { type: 'Stalled', status: 'True', reason, message },
  ];
}
