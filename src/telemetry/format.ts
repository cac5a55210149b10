/** Amounts for people. English units with a space before them, as few digits as tell the difference. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 B`, `4.9 GiB`, `612 MiB`: powers of 1024, one decimal below a hundred so that columns stay calm. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `612 MiB/s` */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `320 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h`: the largest unit and the next one, without noughts. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(whole, [60, 'min'], [1, 's']);
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return two(minutes, [60, 'h'], [1, 'min']);
  return two(Math.round(minutes / 60), [24, 'd'], [1, 'h']);
}

function two(
  amount: number,
  [large, largeName]: [number, string],
  [small, smallName]: [number, string],
): string {
  const rest = Math.floor((amount % large) / small);
  return `${Math.floor(amount / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** `46 %`. Rounded down: 100 % is said only of what is whole. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}
