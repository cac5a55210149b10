import { StowageError } from '../errors.ts';
import type { KubeObject } from './object.ts';
import { objectOf, type Resource } from './resource.ts';

/** Which objects of a resource are meant. */
export interface Selection {
  /** Default: all. */
  readonly namespace?: string | undefined;
  /** `app=stowage,role in (builder)` */
  readonly labelSelector?: string | undefined;
  /** `metadata.name=bert`; what can be selected by depends on the kind. */
  readonly fieldSelector?: string | undefined;
}

/**
 * Objects per answer, as Kubernetes' own clients ask for: of 20 KB each, which is much, an answer is 10 MB.
 * An answer of more than MAX_LIST_BYTES is refused.
 */
export const PAGE_LIMIT = 500;
export const MAX_LIST_BYTES = 128 * 1024 * 1024;

/** A part of a list. */
export interface Page<T extends KubeObject> {
  readonly items: readonly T[];
  /** The version of the whole list, the same on each page: where a watch goes on. */
  readonly resourceVersion: string;
  /** Where the next page begins; undefined on the last. */
  readonly next: string | undefined;
}

/** @throws ClusterFailed when it is no list. */
export function pageOf<T extends KubeObject>(resource: Resource<T>, document: unknown): Page<T> {
  const { items, metadata } = (document ?? {}) as {
    readonly items?: unknown;
    readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  };
  if (
    typeof metadata?.resourceVersion !== 'string' ||
    !(Array.isArray(items) || items === null || items === undefined)
  )
    throw new StowageError('ClusterFailed', `the answer about ${resource.plural} is no list`);
  return {
    // An empty list of some kinds is null.
    items: (items ?? []).map((item: unknown) => objectOf(resource, item)),
    resourceVersion: metadata.resourceVersion,
    next: typeof metadata.continue === 'string' && metadata.continue !== '' ? metadata.continue : undefined,
  };
}
