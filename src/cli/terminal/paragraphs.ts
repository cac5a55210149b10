import { visible } from '../../telemetry/text.ts';
import { wrap } from './wrap.ts';

/** Where an object begins that a message ends with, such as a StoragePolicy to apply. */
const OBJECT = /^apiVersion: /;

/**
 * The lines of a message, of at most `columns`. An object in it stays as it is, behind an empty line, so that it can be
 * copied.
 */
export function paragraphs(text: string, columns: number): string[] {
  const lines = text.split('\n').map(visible);
  const start = lines.findIndex((line) => OBJECT.test(line));
  const prose = (start < 0 ? lines : lines.slice(0, start)).flatMap((line) => wrap(line, columns));
  if (start < 0) return prose;
  return [...prose, ...(prose.length === 0 ? [] : ['']), ...lines.slice(start)];
}
