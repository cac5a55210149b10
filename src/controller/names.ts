import type { ModelVersionObject } from '../api/resources.ts';

/** Names of what is made for one attempt at one version. */
export interface AttemptNames {
  readonly volume: string;
  readonly claim: string;
  readonly pod: string;
}

/** A pod's name is its host name, where it fits: 63 characters. */
const MAX_POD_NAME = 63;
/** Of the API. */
const MAX_NAME = 253;
/** So much of a UID tells versions of one name in one namespace apart. */
const SHORT_UID = 8;

/**
 * Equal names in two namespaces never meet (a volume's name has the whole UID), and no two attempts share a name: a
 * volume that was released is never asked to be bound again.
 */
export function namesOf({ metadata }: ModelVersionObject, attempt: number): AttemptNames {
  const { namespace = '', name, uid } = metadata;
  const end = `-${uid.slice(0, SHORT_UID)}-${attempt}`;
  return {
    volume: shortened(`stowage-${namespace}-${name}`, `-${uid}-${attempt}`, MAX_NAME),
    claim: shortened(`stowage-${name}`, end, MAX_POD_NAME),
    pod: shortened(`stowage-${name}`, end, MAX_POD_NAME),
  };
}

/** What was cut must not end in a dot or a dash, as no part of a name may. */
function shortened(start: string, end: string, max: number): string {
  return `${start.slice(0, max - end.length).replace(/[.-]+$/, '')}${end}`;
}
