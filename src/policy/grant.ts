import { liesBelow } from './path-prefix.ts';

/** What a rule of a policy gives to those whom it allows to read. */
export interface Grant {
  /** The administrator's directory that the storage lies in; undefined where a storage has none. */
  readonly prefix: string | undefined;
  readonly mountOptions: readonly string[];
}

/** Directories that one rule allows. */
export function grantsOf(prefixes: readonly string[], mountOptions: readonly string[] = []): Grant[] {
  return prefixes.map((prefix) => ({ prefix, mountOptions }));
}

/** The grant nearest to a path of those that it lies below; undefined where it lies below none. */
export function nearestGrant(path: string, grants: readonly Grant[]): Grant | undefined {
  return nearest(grants.filter(({ prefix }) => prefix !== undefined && liesBelow(path, prefix)));
}

/**
 * Of grants for one path the one with the longest prefix: the less lies in it, the less a link can lead to. The first
 * of several.
 */
export function nearest(grants: readonly Grant[]): Grant | undefined {
  return grants.reduce<Grant | undefined>(nearer, undefined);
}

function nearer(a: Grant | undefined, b: Grant): Grant {
  return a === undefined || lengthOf(b) > lengthOf(a) ? b : a;
}

function lengthOf({ prefix = '' }: Grant): number {
  return prefix.length;
}
