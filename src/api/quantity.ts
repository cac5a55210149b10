import { fits } from './fits.ts';
import { QUANTITY } from './grammar.ts';

const POWERS = 'kMGTP';

/** Bytes of a quantity such as `200Gi`. Those that no number holds exactly are more than any model has. */
export function bytesOf(quantity: string): number {
  if (!fits(QUANTITY, quantity)) throw new TypeError(`${quantity} is no quantity`);
  const [, count = '', unit = '', binary = ''] = /^([0-9]+)([kKMGTP]?)(i?)$/.exec(quantity) ?? [];
  const power = unit === '' ? 0 : POWERS.indexOf(unit === 'K' ? 'k' : unit) + 1;
  return Math.min(Number(count) * (binary === 'i' ? 1024 : 1000) ** power, Number.MAX_SAFE_INTEGER);
}
