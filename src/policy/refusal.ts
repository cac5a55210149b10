import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import type { Verdict } from './request.ts';
import { smallestPolicy } from './smallest-policy.ts';
import type { Wish } from './wish.ts';
import { few, shown } from './words.ts';

/** A policy whose spec is valid. */
export interface Policy {
  readonly name: string;
  readonly spec: StoragePolicySpec;
}

interface Policies {
  /** Those that are for the namespace, by name. */
  readonly ours: readonly Policy[];
  /** Names of those that are not valid. */
  readonly invalid: readonly string[];
  /** Names of all there are. */
  readonly taken: readonly string[];
}

/**
 * Characters of message and hint together. It is enough for a path of 4096, and a tenth of what the API server takes
 * for the message of a condition.
 */
const MAX_LENGTH = 6000;

/** What is not allowed in a namespace, which policy comes closest, and the smallest one that would allow it. */
export function refuse(namespace: string, wishes: readonly Wish[], found: Policies): Verdict {
  const closest = closestOf(found.ours, wishes);
  const denied = wishes.filter((wish) => closest === undefined || !wish.isAllowedBy(closest.spec));
  const message = [
    `namespace ${shown(namespace)} may not ${denied.map(({ words }) => words).join(' or ')}`,
    `: ${closest === undefined ? 'no StoragePolicy is for it' : praise(closest, found.ours.length, wishes)}`,
    found.invalid.length === 0 ? '' : `; not valid, so of no effect: ${few(found.invalid.map(shown))}`,
  ].join('');
  const hint = `The smallest StoragePolicy that allows it, for an administrator to apply:\n${smallestPolicy(namespace, wishes, found.taken)}`;
  return { allowed: false, message, hint: message.length + hint.length > MAX_LENGTH ? TOO_LONG : hint };
}

const TOO_LONG =
  'The smallest StoragePolicy that allows it is too long to be shown here. An administrator has to write it.';

/** The policy that allows most of what is wished; the first by name of several. */
function closestOf(policies: readonly Policy[], wishes: readonly Wish[]): Policy | undefined {
  const [closest] = policies
    .map((policy) => ({ policy, allows: wishes.filter((wish) => wish.isAllowedBy(policy.spec)).length }))
    .sort((a, b) => b.allows - a.allows);
  return closest?.policy;
}

/** What the closest policy allows, and what it has instead of what it does not allow. */
function praise({ name, spec }: Policy, count: number, wishes: readonly Wish[]): string {
  const allowed = wishes.filter((wish) => wish.isAllowedBy(spec)).map(({ words }) => `to ${words}`);
  const instead = wishes.filter((wish) => !wish.isAllowedBy(spec)).map((wish) => wish.insteadIn(spec));
  const subject =
    count === 1
      ? `its StoragePolicy ${shown(name)} allows`
      : `of its ${count} StoragePolicies ${shown(name)} comes closest and allows`;
  const but = allowed.length === 0 ? '' : `${allowed.join(' and ')}, but `;
  return `${subject} ${but}${instead.join(' and ')}`;
}
