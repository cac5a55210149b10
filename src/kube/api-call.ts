import type { Call } from './requests.ts';
import { pathOf, resourceLabel, type Place, type Resource } from './resource.ts';
import type { TransportRequest } from './transport.ts';
import type { Verb } from './verb.ts';

/** API servers give up after 60 seconds (--request-timeout), and most answers come within milliseconds. */
const ANSWER_MS = 30_000;

/** A request as the client's methods think of it. */
export interface CallParts {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly place: Place;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly document?: unknown;
  /** Default: JSON. */
  readonly contentType?: string;
}

/** @throws Internal when the place cannot be part of a path. */
export function apiCall({ verb, resource, place, query = {}, document, contentType }: CallParts): Call {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const body = document === undefined ? undefined : JSON.stringify(document);
  return {
    verb,
    resource: resourceLabel(resource, place.subresource),
    what: describePlace(resource, place),
    method: METHODS[verb],
    path: pathOf(resource, place) + (search.size === 0 ? '' : `?${search.toString()}`),
    headers: body === undefined ? {} : { 'content-type': contentType ?? 'application/json' },
    body,
    within: ANSWER_MS,
  };
}

/** `pods "bert-1" in team-a`, `nodes`: what a request is about, for messages. */
function describePlace(resource: Resource, { namespace, name, subresource }: Place): string {
  const label = resourceLabel(resource, subresource);
  const which = name === undefined ? '' : ` ${JSON.stringify(name)}`;
  return `${label}${which}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

const METHODS: Readonly<Record<Verb, TransportRequest['method']>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'PATCH',
  delete: 'DELETE',
};
