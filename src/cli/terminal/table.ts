import { cutMiddle, padEnd, visible, widthOf } from '../../telemetry/text.ts';

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
