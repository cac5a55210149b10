import { StowageError } from '../errors.ts';
import { parseJson, readLines } from './body.ts';
import { statusOf } from './api-status.ts';
import { KubeError, type Asked } from './kube-error.ts';
import type { KubeObject } from './object.ts';
import { objectOf, type Resource } from './resource.ts';

/**
 * etcd holds objects of up to 1.5 MB (its --max-request-bytes), built-in kinds in a form that JSON makes some times
 * longer.
 */
export const MAX_OBJECT_BYTES = 8 * 1024 * 1024;

/** What a watch tells: something changed, or how far it has come without any change. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/**
 * Reads a watch's answer, a JSON document per line
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 * @throws KubeError for an ERROR event; ClusterFailed for a line that is none, or is too long; what reading throws.
 */
export async function* readWatch<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
  resource: Resource<T>,
  asked: Asked,
): AsyncGenerator<WatchEvent<T>, undefined> {
  for await (const line of readLines(body, MAX_OBJECT_BYTES))
    yield eventOf(parseJson(line, asked.what), resource, asked);
}

function eventOf<T extends KubeObject>(
  document: unknown,
  resource: Resource<T>,
  asked: Asked,
): WatchEvent<T> {
  const { type, object } = (document ?? {}) as { readonly type?: unknown; readonly object?: unknown };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: objectOf(resource, object) };
    case 'BOOKMARK':
      return { type, resourceVersion: bookmarkOf(object) };
    case 'ERROR':
      throw new KubeError(asked, statusOf(object, 500));
    default:
      throw new StowageError('ClusterFailed', `a watch of ${asked.what} sent something that is no event`);
  }
}

/** A bookmark's object has nothing but its kind and the version (KEP-956). */
function bookmarkOf(object: unknown): string {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | undefined)?.metadata
    ?.resourceVersion;
  if (typeof version === 'string' && version !== '') return version;
  throw new StowageError('ClusterFailed', 'a watch sent a bookmark without a version');
}
