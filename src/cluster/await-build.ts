import type { ModelVersion } from '../api/modelversion.ts';
import type { ModelVersionObject } from '../api/resources.ts';
import { asStowageError, StowageError } from '../errors.ts';
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
 * Stays with versions, which the cluster builds side by side, until each is Ready, failed, or held back. A build that
 * fails is an outcome, and so is one whose end is not waited for any more: the first of them says so for all.
 * @param counts whether a version's status speaks of what was asked for
 * @throws KubeError where the server will not have it
 */
export async function awaitBuilds(
  outcomes: readonly ClusterOutcome[],
  context: BuildContext,
  counts: (version: ModelVersionObject) => boolean = () => true,
): Promise<ClusterOutcome[]> {
  const stop = new AbortController();
  const each = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  try {
    const ends = await Promise.all(
      outcomes.map(async (outcome) =>
        outcome.result === 'unfinished' ? awaitBuild(outcome, each, counts) : outcome,
      ),
    );
    return context.signal.aborted ? stoppedWatching(ends, context) : ends;
  } finally {
    stop.abort();
    context.display.close();
  }
}

async function awaitBuild(
  outcome: ClusterOutcome,
  context: BuildContext,
  counts: (version: ModelVersionObject) => boolean,
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
    return { ...outcome, ...version };
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
    ? `It goes on by itself once that has changed.\n${see}`
    : `${see}\nOnce that is repaired: ${suggest(`retry ${name}`, namespace)}`;
  return { result: 'failed', version, error: failureOf(version, course, hint) };
}

function stoppedWatching(
  outcomes: readonly ClusterOutcome[],
  { signal, suggest }: BuildContext,
): ClusterOutcome[] {
  const open = outcomes.filter(({ result }) => result === 'unfinished');
  const { code, message } = asStowageError(signal.reason);
  const hints = [...Map.groupBy(open, ({ namespace = '' }) => namespace)].flatMap(([namespace, those]) => {
    const names = those.map(({ name }) => name);
    return [
      `Wait for ${names.length === 1 ? 'it' : 'them'}: ${suggest(`wait ${names.join(' ')}`, namespace)}`,
      names.length === 1
        ? `Give it up: ${suggest(`cancel ${names.join('')}`, namespace)}`
        : `Give one up: ${suggest('cancel NAME', namespace)}`,
    ];
  });
  const error = new StowageError(code, `${message}; ${open.map(standing).join('\n')}`, {
    hint: hints.join('\n'),
  });
  return outcomes.map((outcome) => (outcome === open[0] ? { ...outcome, error } : outcome));
}

function standing({ name, version }: ClusterOutcome): string {
  const stands = version === undefined ? '' : ` (${verdict(courseOf(version), new Date())})`;
  return `modelversion ${name} goes on in the cluster${stands}`;
}
