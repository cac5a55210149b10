import { randomBytes } from 'node:crypto';
import { REQUESTS } from '../api/labels.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../api/resources.ts';
import { timestampOf } from '../api/timestamp.ts';
import { StowageError } from '../errors.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Remote } from './connect.ts';
import { courseOf } from './course.ts';
import { read, versionOf } from './objects.ts';

export type RequestName = keyof typeof REQUESTS;

/** What became of a request: it was made, or there is nothing to ask for. */
export type Requested = { readonly token: string } | { readonly needless: Needless };

type Needless = 'ready' | 'ended' | 'running' | 'resumes';

/**
 * Asks for another attempt, or for a build to be given up.
 * @throws ObjectNotFound, KubeError
 */
export async function request(
  remote: Remote,
  key: Required<ObjectKey>,
  name: RequestName,
  signal: AbortSignal,
): Promise<Requested> {
  const version = await read(remote, MODEL_VERSIONS, key, signal);
  if (version === undefined)
    throw new StowageError(
      'ObjectNotFound',
      `there is no modelversion ${JSON.stringify(key.name)} in namespace ${key.namespace}`,
    );
  const needless = needlessness(version, name);
  if (needless !== undefined) return { needless };
  const token = `${timestampOf(new Date())}-${randomBytes(3).toString('hex')}`;
  await remote.api.mergePatch(
    MODEL_VERSIONS,
    key,
    { metadata: { annotations: { [REQUESTS[name]]: token } } },
    { signal },
  );
  return { token };
}

/** Why there is nothing to ask for. */
export function needlessness(version: ModelVersionObject, name: RequestName): Needless | undefined {
  const course = courseOf(versionOf(version));
  const { state } = course;
  if (state === 'ready') return 'ready';
  if (name === 'cancel') return state === 'failed' ? 'ended' : undefined;
  // The controller looks at it again by itself, and at nothing else until then.
  if (state === 'failed' && course.resumes) return 'resumes';
  return state === 'failed' || state === 'retrying' ? undefined : 'running';
}

/** Whether the controller has acted on a request. */
export function isHandled({ status }: ModelVersionObject, name: RequestName, token: string): boolean {
  return (name === 'retry' ? status?.lastHandledRetry : status?.lastHandledCancel) === token;
}
