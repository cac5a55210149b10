import { MODEL_VERSIONS } from '../api/resources.ts';
import { StowageError } from '../errors.ts';
import { isNotFound } from '../kube/kube-error.ts';
import type { ObjectKey } from '../kube/object.ts';
import { isNotStarted, logLines } from './build-log.ts';
import type { Remote } from './connect.ts';
import { courseOf } from './course.ts';
import { read, versionOf } from './objects.ts';
import { verdict } from './verdict.ts';

export interface LogRequest {
  /** Whether to wait for the end of the pod. */
  readonly follow: boolean;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Hands over the log of the pod that builds a version.
 * @returns why there is none, in a sentence; undefined where there was one
 * @throws ObjectNotFound where there is no such version; KubeError
 */
export async function builderLog(
  remote: Remote,
  key: Required<ObjectKey>,
  { follow, onLine, signal }: LogRequest,
): Promise<string | undefined> {
  const version = await read(remote, MODEL_VERSIONS, key, signal);
  if (version === undefined)
    throw new StowageError(
      'ObjectNotFound',
      `there is no modelversion ${JSON.stringify(key.name)} in namespace ${key.namespace}`,
    );
  const pod = version.status?.builderPod;
  const stands = verdict(courseOf(versionOf(version)), new Date());
  if (pod === undefined) return `modelversion ${key.name} has no builder pod. ${stands}`;
  try {
    for await (const line of logLines(remote, { namespace: key.namespace, name: pod }, follow, signal))
      onLine(line);
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return `the builder pod ${pod} is gone. ${stands}`;
    if (isNotStarted(error)) return `the builder pod ${pod} has not started yet. ${stands}`;
    throw error;
  }
}
