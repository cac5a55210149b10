import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import { StowageError } from '../errors.ts';
import type { ObjectKey } from '../kube/object.ts';
import { attemptDisplay } from './attempt-display.ts';
import type { BuildDisplay } from './build-display.ts';
import type { Remote } from './connect.ts';
import { courseOf, type Course } from './course.ts';
import { follow } from './follow.ts';
import { versionOf } from './objects.ts';

export interface WatchOptions {
  readonly display: BuildDisplay;
  /** Whether a version's status speaks of what was asked for. Default: always. */
  readonly counts?: (version: ModelVersionObject) => boolean;
  /** Told of each state of the version. */
  readonly onState?: (version: ModelVersionObject) => void;
  readonly signal: AbortSignal;
}

/** Where a version stays until somebody does something. */
const ENDS: ReadonlySet<Course['state']> = new Set(['ready', 'failed', 'suspended']);

/**
 * Follows a version until it is Ready, has failed for good, or is held back, and shows how it gets there.
 * @throws ObjectNotFound when it is deleted, and what follow() throws
 */
export async function watchBuild(
  remote: Remote,
  key: Required<ObjectKey>,
  { display, counts = () => true, onState, signal }: WatchOptions,
): Promise<{ readonly version: ModelVersionObject; readonly course: Course }> {
  const shown = attemptDisplay(remote, key, display);
  const enough = (object: ModelVersionObject | undefined): boolean => {
    if (object === undefined) throw isGone(key);
    onState?.(object);
    const course = courseThat(counts, object);
    shown.show(object, course);
    return ENDS.has(course.state);
  };
  try {
    const onTrouble = (error: StowageError): void => display.trouble(error);
    const version = await follow(remote, MODEL_VERSIONS, key, { enough, onTrouble, signal });
    if (version === undefined) throw isGone(key);
    const course = courseThat(counts, version);
    await shown.ended(course.state === 'ready');
    return { version, course };
  } finally {
    shown.close();
  }
}

function courseThat(counts: (version: ModelVersionObject) => boolean, object: ModelVersionObject): Course {
  const course = courseOf(versionOf(object));
  return course.state === 'deleting' || counts(object) ? course : { state: 'unseen' };
}

function isGone({ namespace, name }: Required<ObjectKey>): StowageError {
  return new StowageError('ObjectNotFound', `modelversion ${name} in namespace ${namespace} was deleted`, {
    hint: 'Apply it again.',
  });
}
