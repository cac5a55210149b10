import { BUILDER_ID } from '../api/pod-fields.ts';
import type { ModelVersionSpec } from '../api/modelversion.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import type { Wish } from './wish.ts';
import { few } from './words.ts';

type Range = { readonly min: number; readonly max: number };

/** The wish to read files as somebody else than the builder is by itself; undefined where there is none. */
export function identityWish(securityContext: ModelVersionSpec['securityContext'] = {}): Wish | undefined {
  const { runAsUser, runAsGroup, supplementalGroups = [] } = securityContext;
  const users = others([runAsUser]);
  const groups = others([runAsGroup, ...supplementalGroups]);
  if (users.length + groups.length === 0) return undefined;
  return {
    words: `read as ${[...named('user', users), ...named('group', groups)].join(' and ')}`,
    rules: {
      runAs: {
        ...(users.length > 0 && { users: users.map(only) }),
        ...(groups.length > 0 && { groups: groups.map(only) }),
      },
    },
    isAllowedBy: ({ runAs = {} }) => areIn(users, runAs.users) && areIn(groups, runAs.groups),
    insteadIn,
  };
}

/** Those that must be allowed, each once. */
function others(ids: readonly (number | undefined)[]): number[] {
  const asked = new Set(ids.filter((id) => id !== undefined));
  asked.delete(BUILDER_ID);
  return [...asked].sort((a, b) => a - b);
}

function named(what: string, ids: readonly number[]): string[] {
  return ids.length === 0 ? [] : [`${what}${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`];
}

function only(id: number): Range {
  return { min: id, max: id };
}

function areIn(ids: readonly number[], ranges: readonly Range[] = []): boolean {
  return ids.every((id) => ranges.some(({ min, max }) => min <= id && id <= max));
}

function insteadIn({ runAs: { users = [], groups = [] } = {} }: StoragePolicySpec): string {
  const parts = [...rangesOf('users', users), ...rangesOf('groups', groups)];
  return parts.length === 0
    ? 'no other user or group than those of the builder'
    : `only ${parts.join(' and ')}`;
}

function rangesOf(what: string, ranges: readonly Range[]): string[] {
  if (ranges.length === 0) return [];
  return [`${what} ${few(ranges.map(({ min, max }) => (min === max ? `${min}` : `${min} to ${max}`)))}`];
}
