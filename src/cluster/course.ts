import type { ModelVersion } from '../api/modelversion.ts';
import { isReady } from '../builders/status.ts';

/** Where a ModelVersion stands on its way to an image, as people speak of it. */
export type Course =
  /** No controller has looked at this spec yet. */
  | { readonly state: 'unseen' }
  | { readonly state: 'queued'; readonly before: number }
  | { readonly state: 'building'; readonly progress: Progress | undefined }
  /** Held up, or between two steps: nothing has failed. */
  | { readonly state: 'waiting'; readonly reason: string; readonly message: string }
  /** An attempt failed and another follows. */
  | { readonly state: 'retrying'; readonly reason: string; readonly message: string; readonly at: Date }
  | { readonly state: 'suspended' }
  /** Only a person can get it going again; with `resumes` it goes on by itself when what keeps it back has changed. */
  | {
      readonly state: 'failed';
      readonly reason: string;
      readonly message: string;
      readonly resumes: boolean;
    }
  | { readonly state: 'ready' }
  | { readonly state: 'deleting'; readonly finalizers: readonly string[] };

type Status = NonNullable<ModelVersion['status']>;
type Progress = NonNullable<Status['progress']>;

/** Derives it from the object alone. What a controller says of an older spec does not count. */
export function courseOf({ metadata, status = {} }: ModelVersion): Course {
  if (metadata['deletionTimestamp'] !== undefined)
    return { state: 'deleting', finalizers: (metadata['finalizers'] as string[] | undefined) ?? [] };
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return legacyCourse(status);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { state: 'unseen' };
  if (isReady(status)) return { state: 'ready' };
  const { reason } = ready;
  const message = status.message ?? ready.message;
  if (conditionOf(status, 'Stalled')?.status === 'True')
    return { state: 'failed', reason, message, resumes: status.imageBuildPhase !== 'ImageBuildFailed' };
  return underway(status, reason, message);
}

function underway(status: Status, reason: string, message: string): Course {
  const { retryTime, queuePosition = 0, progress } = status;
  if (retryTime !== undefined) return { state: 'retrying', reason, message, at: new Date(retryTime) };
  if (reason === 'Suspended') return { state: 'suspended' };
  if (reason === 'Queued') return { state: 'queued', before: queuePosition };
  return reason === 'Building' ? { state: 'building', progress } : { state: 'waiting', reason, message };
}

/** KubeDL wrote no conditions. What it has finished stays so. */
function legacyCourse({ imageBuildPhase, message = '' }: Status): Course {
  if (imageBuildPhase === 'ImageBuildSucceeded') return { state: 'ready' };
  if (imageBuildPhase === 'ImageBuildFailed')
    return { state: 'failed', reason: 'BuilderFailed', message, resumes: false };
  return { state: 'unseen' };
}

export function conditionOf(
  { conditions = [] }: Status,
  type: string,
): NonNullable<Status['conditions']>[number] | undefined {
  return conditions.find((condition) => condition.type === type);
}
