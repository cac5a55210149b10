import type { ModelVersion } from '../api/modelversion.ts';
import type { ModelVersionObject } from '../api/resources.ts';
import { asStowageError, StowageError } from '../errors.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { BuildDisplay } from './build-display.ts';
import type { Remote } from './connect.ts';
import { courseOf, type Course } from './course.ts';
import { failureOf } from './failure.ts';
import { versionOf } from './objects.ts';
import type { ClusterOutcome } from './outcome.ts';
import { verdict } from './verdict.ts';
import { watchBuild } from './watch-build.ts';

export interface BuildContext {
  readonly remote: Remote;
  readonly display: BuildDisplay;
  /** A command line to suggest, about an object of that namespace. */
  readonly suggest: (command: string, namespace: string) => string;
  /** Ends the watching, not the build. */
  readonly signal: AbortSignal;
}

/**
 * Stays with a version until it is Ready, failed, or held back. A build that fails is an outcome, and so is one whose
 * end is not waited for any more.
 * @param counts whether its status speaks of what was asked for
 * @throws KubeError where the server will not have it
 */
export async function awaitBuild(
  outcome: ClusterOutcome,
  context: BuildContext,
  counts: (version: ModelVersionObject) => boolean = () => true,
): Promise<ClusterOutcome> {
  const { namespace = '', name } = outcome;
  const { remote, display, signal } = context;
  let seen = outcome.version;
  const onState = (object: ModelVersionObject): void => {
    seen = versionOf(object);
  };
  try {
    const end = await watchBuild(remote, { namespace, name }, { display, counts, onState, signal });
    return { ...outcome, ...ending(versionOf(end.version), end.course, context) };
  } catch (error) {
    const version = seen === undefined ? {} : { version: seen };
    if (error instanceof StowageError && error.code === 'ObjectNotFound')
      return { ...outcome, ...version, result: 'failed', error };
    if (!signal.aborted) throw error;
    return { ...outcome, ...version, error: stoppedWatching({ namespace, name }, seen, context) };
  }
}

function ending(
  version: ModelVersion,
  course: Course,
  { suggest }: BuildContext,
): Pick<ClusterOutcome, 'result' | 'version' | 'error'> {
  const { name, namespace = '' } = version.metadata;
  if (course.state === 'suspended') return { result: 'suspended', version };
  if (course.state !== 'failed') return { result: 'built', version };
  const see = `See: ${suggest(`describe modelversion ${name}`, namespace)}`;
  const hint = course.resumes
    ? `It goes on by itself once that has changed. ${see}`
    : `${see} - and once that is repaired: ${suggest(`retry ${name}`, namespace)}`;
  return { result: 'failed', version, error: failureOf(version, course, hint) };
}

function stoppedWatching(
  { namespace, name }: Required<ObjectKey>,
  version: ModelVersion | undefined,
  { signal, suggest }: BuildContext,
): StowageError {
  const { code, message } = asStowageError(signal.reason);
  const stands = version === undefined ? '' : ` (${verdict(courseOf(version), new Date())})`;
  return new StowageError(code, `${message}; modelversion ${name} goes on in the cluster${stands}`, {
    hint: `Wait for it: ${suggest(`wait ${name}`, namespace)}  Give it up: ${suggest(`cancel ${name}`, namespace)}`,
  });
}
