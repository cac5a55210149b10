import { visible } from '../telemetry/text.ts';

/** How a description is laid out: names with their values, and parts with a title. */
export type Field = readonly [name: string, value: string | number | undefined];

/** A line each; what has no value is left out. */
export function fields(all: readonly Field[]): string {
  const known = all.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${`${name}:`.padEnd(width + 2)} ${visible(String(value))}`).join('\n');
}

export function titled(title: string, text: string): string {
  return text === '' ? '' : `${title}:\n${text.replaceAll(/^/gm, '  ')}`;
}

/** Those that say something, with an empty line between them. */
export function sections(all: readonly string[]): string {
  return all.filter((text) => text !== '').join('\n\n');
}
