import type { Condition } from '../api/condition.ts';
import type { ModelVersionStatus } from '../api/modelversion.ts';
import { timestampOf } from '../api/timestamp.ts';
import type { StowageError } from '../errors.ts';
import type { BuildSummary } from './builder.ts';
import { setConditions, type Moment } from './conditions.ts';

/*
 * What a build's course means for a ModelVersion's status. Pure: whoever runs the build (this process, a pod) gives the
 * present status and the time and stores what comes back. Conditions follow kstatus: Ready says whether the image is
 * there, Reconciling that somebody is at it, Stalled that only a person can get it going again.
 */
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
export function ready(status: Status, report: BuildSummary, at: Moment): Status {
  const message = `image ${report.image}`;
  return {
    ...without(withoutCourse(status), ['uploads']),
    image: report.image,
    digest: report.digest,
    ...(report.size === undefined ? {} : { size: report.size }),
    ...(report.bytes === undefined ? {} : { bytes: { ...report.bytes } }),
    ...(report.model === undefined ? {} : { model: { ...report.model } }),
    ...(report.record === undefined ? {} : { record: report.record }),
    imageBuildPhase: 'ImageBuildSucceeded',
    finishTime: timestampOf(at.now),
    message,
    observedGeneration: at.generation,
    conditions: setConditions(status.conditions, at, [
      { type: 'Ready', status: 'True', reason: 'Succeeded', message },
      { type: 'Reconciling', status: 'False', reason: 'Succeeded', message: '' },
      { type: 'Stalled', status: 'False', reason: 'Succeeded', message: '' },
      { type: 'Pushed', status: 'True', reason: 'Succeeded', message },
    ]),
  };
}

/** The build failed; the reason is the error's code. */
export function failed(status: Status, error: StowageError, at: Moment): Status {
  const message = explain(error);
  const stalled = error.retryable ? 'False' : 'True';
  return {
    ...withoutCourse(withoutOutcome(status)),
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
  return readyOf(status)?.status === 'True';
}

/** Conditions hold 32,768 characters; nobody reads more than this, and a kubelet's words can be as long as one likes. */
const MAX_EXPLANATION = 8_192;

/** What went wrong, with what to do about it. */
export function explain({ message, hint }: StowageError): string {
  const text = hint === undefined ? message : `${message}. ${hint}`;
  return text.length <= MAX_EXPLANATION ? text : `${text.slice(0, MAX_EXPLANATION - 1)}…`;
}

/** Whether the image is there, and why or why not. */
export function readyOf(status: Status | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Without what an attempt before this one has said. */
export function withoutOutcome(status: Status): Status {
  return without(status, [
    ...(['image', 'digest', 'size', 'bytes', 'model', 'record', 'finishTime', 'message'] as const),
  ]);
}

/** Without what is true only while a build waits or runs. */
export function withoutCourse(status: Status): Status {
  return without(status, ['progress', 'queuePosition', 'retryTime', 'builderPod']);
}

/** Without some of its fields. */
export function without(status: Status, keys: readonly (keyof Status)[]): Status {
  return Object.fromEntries(Object.entries(status).filter(([key]) => !keys.some((each) => each === key)));
}
