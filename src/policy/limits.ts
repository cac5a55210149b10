import { QUANTITY } from '../api/grammar.ts';
import type { StoragePolicySpec } from '../api/storagepolicy.ts';
import { fits } from './fits.ts';
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

const POWERS = 'kMGTP';

/** Bytes of a quantity such as `200Gi`. Those that no number holds exactly are more than any model has. */
export function bytesOf(quantity: string): number {
  if (!fits(QUANTITY, quantity)) throw new TypeError(`${quantity} is no quantity`);
  const [, count = '', unit = '', binary = ''] = /^([0-9]+)([kKMGTP]?)(i?)$/.exec(quantity) ?? [];
  const power = unit === '' ? 0 : POWERS.indexOf(unit === 'K' ? 'k' : unit) + 1;
  return Math.min(Number(count) * (binary === 'i' ? 1024 : 1000) ** power, Number.MAX_SAFE_INTEGER);
}
