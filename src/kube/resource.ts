import { StowageError } from '../errors.ts';
import type { KubeObject } from './object.ts';

/** A kind of object as the API server serves it. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The name in paths: lower case, plural. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: it ties T to the value, so that reading a resource gives its own type. */
  readonly object?: T;
}

/** Where under a resource a request goes. */
export interface Place {
  /** None: all namespaces (lists only), or a cluster-scoped resource. */
  readonly namespace?: string | undefined;
  /** None: the collection. */
  readonly name?: string | undefined;
  /** `status`, `log`, … */
  readonly subresource?: string | undefined;
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/**
 * The path of a request, from the root of the API server.
 * @throws Internal when a name is missing, or cannot be part of a path.
 */
export function pathOf(resource: Resource, { namespace, name, subresource }: Place): string {
  if (resource.namespaced && name !== undefined && namespace === undefined)
    throw new StowageError(
      'Internal',
      `${resource.plural} ${JSON.stringify(name)} is asked for without a namespace`,
    );
  const group = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
  const scope = resource.namespaced && namespace !== undefined ? ['namespaces', namespace] : [];
  const parts = [...scope, resource.plural, name, subresource].filter((part) => part !== undefined);
  return [group, ...parts.map(segment)].join('/');
}

/** `pods/log`, `leases`: the name of what a request is about, as RBAC rules write it. */
export function resourceLabel(resource: Resource, subresource?: string): string {
  return subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
}

/** The same names are refused by the API server (apimachinery, "IsValidPathSegmentName"); a proxy might resolve them. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..' || /[/%]/.test(text))
    throw new StowageError('Internal', `${JSON.stringify(text)} cannot be part of an API path`);
  return encodeURIComponent(text);
}

/**
 * Takes a document from the server for an object of the resource. Objects in a list come without their kind.
 * What the kind says of spec and status is taken on trust: the server has checked it against the kind's schema.
 * @throws ClusterFailed when it has no name or no version.
 */
export function objectOf<T extends KubeObject>(resource: Resource<T>, document: unknown): T {
  const { metadata } = (document ?? {}) as { metadata?: { name?: unknown; resourceVersion?: unknown } };
  if (typeof metadata?.name !== 'string' || typeof metadata.resourceVersion !== 'string')
    throw new StowageError('ClusterFailed', `the answer about ${resource.plural} is no object`);
  return { ...(document as T), apiVersion: apiVersionOf(resource), kind: resource.kind };
}
