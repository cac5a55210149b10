/** Amounts for people that only the command line shows, and those that it shares with the progress display. */
export { formatBytes, formatDuration, formatRate } from '../../telemetry/format.ts';

const COUNT_UNITS = ['', ' K', ' M', ' B', ' T'] as const;

/** A number of parameters as people name models: `7.24 B`, `124 M`, `512`. Three digits, powers of 1000. */
export function formatCount(count: number): string {
  let value = Number(count.toPrecision(3));
  let unit = 0;
  while (value >= 1000 && unit < COUNT_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(3))}${COUNT_UNITS[unit] ?? ''}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** From which age on kubectl says it in which units; the second one only while it is not nought. */
const AGES: readonly { below: number; units: readonly (readonly [seconds: number, name: string])[] }[] = [
  { below: 2 * MINUTE, units: [[1, 's']] },
  {
    below: 10 * MINUTE,
    units: [
      [MINUTE, 'm'],
      [1, 's'],
    ],
  },
  { below: 3 * HOUR, units: [[MINUTE, 'm']] },
  {
    below: 8 * HOUR,
    units: [
      [HOUR, 'h'],
      [MINUTE, 'm'],
    ],
  },
  { below: 2 * DAY, units: [[HOUR, 'h']] },
  {
    below: 8 * DAY,
    units: [
      [DAY, 'd'],
      [HOUR, 'h'],
    ],
  },
  { below: 2 * YEAR, units: [[DAY, 'd']] },
  {
    below: 8 * YEAR,
    units: [
      [YEAR, 'y'],
      [DAY, 'd'],
    ],
  },
  { below: Infinity, units: [[YEAR, 'y']] },
];

/**
 * The time between two moments as kubectl's AGE column has it: `45s`, `5m30s`, `17m`, `3h2m`, `3d`
 * (HumanDuration of https://pkg.go.dev/k8s.io/apimachinery/pkg/util/duration). A moment in the future, by clocks that
 * differ, is `0s`.
 */
export function formatAge(from: Date, to: Date): string {
  let rest = Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1000));
  const units = AGES.find(({ below }) => rest < below)?.units ?? [];
  const parts = units.map(([seconds, name]) => {
    const amount = Math.floor(rest / seconds);
    rest %= seconds;
    return { amount, text: `${amount}${name}` };
  });
  return parts
    .filter(({ amount }, position) => position === 0 || amount > 0)
    .map(({ text }) => text)
    .join('');
}
