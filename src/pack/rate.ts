import { StowageError } from '../errors.ts';

/** Bytes per second in one of each unit. Networks are sold in bits, disks and files are measured in bytes. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
  ['kbit', 1e3 / 8],
  ['Mbit', 1e6 / 8],
  ['Gbit', 1e9 / 8],
]);

export const RATE = /^(\d{1,9}(?:\.\d{1,6})?) ?([kKMG]?i?(?:B|bit))\/s$/;

/** Slower than this nothing arrives before somebody gives up waiting: 1 kB/s. */
const MIN_RATE = 1000;

/**
 * A rate as people write it: `50MB/s`, `20MiB/s`, `100Mbit/s`.
 * @returns bytes per second
 * @throws UsageInvalid
 */
export function parseRate(text: string): number {
  const [, number = '', unit = ''] = RATE.exec(text) ?? [];
  const rate = Number(number) * (UNITS.get(unit) ?? NaN);
  if (number !== '' && rate >= MIN_RATE) return rate;
  throw new StowageError('UsageInvalid', `${JSON.stringify(text)} is no rate of at least 1kB/s`, {
    hint: `Write a number, a unit and "/s", such as 50MB/s, 20MiB/s or 100Mbit/s. Units: ${[...UNITS.keys()].join(', ')}.`,
  });
}
