import { cutMiddle, padEnd, visible, widthOf } from '../../telemetry/text.ts';
import { wrap } from './wrap.ts';

/** Between two columns, as kubectl has it. */
const GAP = '   ';

/** No column is made narrower than this: less is no longer recognised. */
const NARROWEST = 8;

/**
 * Aligned columns without borders, as kubectl prints them; control characters are escaped, wide ones are counted.
 * Where `columns` is given and the lines would be longer, the widest columns lose the middle of their texts.
 * @returns lines without a newline at the end and without trailing blanks
 */
export function renderTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Infinity,
): string {
  const lines = [titles, ...rows].map((row) => titles.map((_, column) => visible(row[column] ?? '')));
  const natural = titles.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  const widths = fit(natural, columns - GAP.length * (titles.length - 1));
  return lines.map((line) => renderLine(line, widths)).join('\n');
}

const DIGEST = /@sha256:[0-9a-f]{64}/g;

/** The same for a terminal of so many columns: where lines would be longer, digests behind tags go first. */
export function renderShortTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  const whole = renderTable(titles, rows);
  if (whole.split('\n').every((line) => widthOf(line) <= columns)) return whole;
  const short = rows.map((row) => row.map((cell) => cell.replaceAll(DIGEST, '')));
  return renderTable(titles, short, columns);
}

/**
 * A table whose last column is text: where lines would be longer than `columns`, the text goes on below itself.
 * @returns as renderTable does
 */
export function renderTextTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string {
  const last = titles.length - 1;
  const before = renderTable(
    titles.slice(0, last),
    rows.map((row) => row.slice(0, last)),
  );
  const width = Math.max(...before.split('\n').map(widthOf)) + GAP.length;
  const broken = rows.flatMap((row) =>
    wrap(visible(row[last] ?? ''), columns - width).map((line, index) => [
      ...row.slice(0, last).map((cell) => (index === 0 ? cell : '')),
      line,
    ]),
  );
  return renderTable(titles, broken);
}

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => padEnd(cutMiddle(cell, widths[column] ?? 0), widths[column] ?? 0))
    .join(GAP)
    .trimEnd();
}

/** Takes from the widest, column by column, until the sum fits or all are as narrow as they may be. */
function fit(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let excess = sum(widths) - room; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
