import { widthOf } from '../../telemetry/text.ts';

/** Narrower than this, wrapped text is harder to read than text that the terminal breaks. */
const NARROWEST = 20;

/**
 * A line in lines of at most `columns`, broken between words; what it is indented by, its parts are too. A word that is
 * longer stays whole, so that a path or an address can be copied.
 */
export function wrap(line: string, columns: number): string[] {
  if (columns < NARROWEST || widthOf(line) <= columns) return [line];
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = indent;
  for (const word of line.slice(indent.length).split(' ')) {
    const longer = current === indent ? `${indent}${word}` : `${current} ${word}`;
    if (current === indent || widthOf(longer) <= columns) {
      current = longer;
    } else {
      lines.push(current);
      current = `${indent}${word}`;
    }
  }
  return [...lines, current];
}
