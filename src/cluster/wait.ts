import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import { asStowageError, StowageError } from '../errors.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Remote } from './connect.ts';
import { conditionOf, courseOf, type Course } from './course.ts';
import { failureOf } from './failure.ts';
import { follow } from './follow.ts';
import { read, versionOf } from './objects.ts';
import { verdict } from './verdict.ts';

/** What is waited for: that a condition has a status, or that the object is gone. */
export type Goal = { readonly type: string; readonly status: string } | 'delete';

export interface WaitOptions {
  /** What to do about a version that has failed. */
  readonly hintFor: (name: string) => string;
  readonly onReached: (name: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until versions of the remote's namespace have come to a goal.
 * @returns the error of the first that has failed for good: then the others are not waited for either
 * @throws ObjectNotFound, Timeout with where they stand, KubeError, what the signal was aborted with
 */
export async function waitForAll(
  remote: Remote,
  names: readonly string[],
  goal: Goal,
  { hintFor, onReached, signal }: WaitOptions,
): Promise<StowageError | undefined> {
  const stop = new AbortController();
  const courses = new Map<string, Course>();
  let failure: StowageError | undefined;
  const waitForOne = async (name: string): Promise<void> => {
    const key = { namespace: remote.namespace, name };
    const onLook = (course: Course): void => void courses.set(name, course);
    const inTime = AbortSignal.any([signal, stop.signal]);
    const failed = await waitFor(remote, key, goal, { hint: hintFor(name), onLook, signal: inTime });
    courses.delete(name);
    if (failed === undefined) onReached(name);
    failure ??= failed;
    if (failed !== undefined) stop.abort(failed);
  };
  try {
    await Promise.all(names.map(waitForOne));
  } catch (error) {
    if (failure === undefined) throw signal.aborted ? withCourses(signal.reason, courses) : error;
  } finally {
    stop.abort();
  }
  return failure;
}

/** What a wait in vain ended with. */
function withCourses(reason: unknown, courses: ReadonlyMap<string, Course>): StowageError {
  const error = asStowageError(reason);
  const lines = [...courses].map(([name, course]) => `modelversion/${name}: ${verdict(course, new Date())}`);
  return new StowageError(error.code, [error.message, ...lines].join('\n'), { cause: error });
}

/** @returns the error of a version that has failed for good */
async function waitFor(
  remote: Remote,
  key: Required<ObjectKey>,
  goal: Goal,
  {
    hint,
    onLook,
    signal,
  }: {
    readonly hint: string;
    readonly onLook: (course: Course) => void;
    readonly signal: AbortSignal;
  },
): Promise<StowageError | undefined> {
  const first = await read(remote, MODEL_VERSIONS, key, signal);
  if (isReached(first, goal)) return undefined;
  if (first === undefined) throw notThere(key, 'there is no');
  let failure: StowageError | undefined;
  const enough = (object: ModelVersionObject | undefined): boolean => {
    if (isReached(object, goal)) return true;
    if (object === undefined) throw notThere(key, 'somebody has deleted');
    const version = versionOf(object);
    const course = courseOf(version);
    onLook(course);
    if (course.state === 'failed' && goal !== 'delete') failure = failureOf(version, course, hint);
    return failure !== undefined;
  };
  await follow(remote, MODEL_VERSIONS, key, { enough, signal });
  return failure;
}

/** Whether a state is what is waited for. Conditions of an older spec do not count. */
export function isReached(object: ModelVersionObject | undefined, goal: Goal): boolean {
  if (goal === 'delete' || object === undefined) return goal === 'delete' && object === undefined;
  const version = versionOf(object);
  const { state } = courseOf(version);
  // What KubeDL has built carries no conditions.
  if (goal.type === 'Ready' && goal.status === 'True') return state === 'ready';
  if (state === 'unseen') return false;
  return conditionOf(version.status ?? {}, goal.type)?.status === goal.status;
}

function notThere({ namespace, name }: Required<ObjectKey>, what: string): StowageError {
  return new StowageError(
    'ObjectNotFound',
    `${what} modelversion ${JSON.stringify(name)} in namespace ${namespace}`,
  );
}
