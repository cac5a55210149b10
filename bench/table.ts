import type { Outcome, Result } from './results.ts';

/** The results and checks as text for a terminal. */
export function table(outcome: Outcome): string {
  const head = ['', 'seconds', '× first', 'peak MB', 'CPU s', 'source read', 'written', 'read again'];
  const rows = outcome.results.map((each) => row(each, outcome));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const checks = outcome.checks.map(
    (check) =>
      `${check.passed ? 'pass' : 'FAIL'}  ${check.what}: ${short(check.measured)} ${check.unit}, at most ${short(check.limit)} ${check.unit}`,
  );
  const results = rows.length === 0 ? [] : [line(head), ...rows.map(line), ''];
  return [outcome.title, '', ...results, ...checks, ''].join('\n');
}

function row(result: Result, outcome: Outcome): string[] {
  const first = outcome.results[0]?.median ?? NaN;
  const times = (bytes: number | undefined): string =>
    bytes === undefined || outcome.modelBytes === undefined
      ? ''
      : `${(bytes / outcome.modelBytes).toFixed(2)} ×`;
  return [
    result.name,
    result.median.toFixed(2),
    (result.median / first).toFixed(2),
    (result.peakBytes / 1e6).toFixed(0),
    result.cpuSeconds.toFixed(2),
    times(result.traffic?.source),
    times(result.traffic?.written),
    times(result.traffic?.reread),
  ];
}

function short(number: number): string {
  return number >= 100 || Number.isInteger(number) ? String(Math.round(number)) : number.toPrecision(4);
}
