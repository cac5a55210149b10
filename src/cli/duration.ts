import { StowageError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** Timers cannot wait longer than some 24 days. */
const MAX_SECONDS = 20 * 86_400;

/** `90s`, `10m`, `1h30m`, as kubectl takes them, in seconds. @throws UsageInvalid */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,7})([hms])/g)];
  const isWhole = /^(\d{1,7}h)?(\d{1,7}m)?(\d{1,7}s)?$/.test(text);
  const seconds = parts.reduce(
    (sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0),
    0,
  );
  if (isWhole && seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new StowageError(
    'UsageInvalid',
    `found ${JSON.stringify(text)}; expected a time such as 90s, 10m or 1h30m, at most 480h`,
  );
}
