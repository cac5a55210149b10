import { bytesOf } from '../api/quantity.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import type { Verdict } from './request.ts';

type Limits = Extract<Verdict, { allowed: true }>['limits'];

/**
 * The limits for a version that each of some policies allows: of each the highest, none where one policy has none, so
 * that no policy takes away what another gives.
 * @param policies one at least
 */
export function limitsOf(policies: readonly StoragePolicySpec[]): Limits {
  return {
    bytes: highest(policies.map(({ limits }) => limits?.modelSize && bytesOf(limits.modelSize))),
    seconds: highest(policies.map(({ limits }) => limits?.buildSeconds)),
  };
}

function highest(limits: readonly (number | '' | undefined)[]): number | undefined {
  return limits.reduce<number | undefined>(
    (most, limit) => (most === undefined || typeof limit !== 'number' ? undefined : Math.max(most, limit)),
    0,
  );
}
