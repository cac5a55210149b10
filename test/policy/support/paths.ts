import { posix } from 'node:path';
import fc from 'fast-check';

const segment = fc.oneof(
  fc.constantFrom(
    'a',
    'ab',
    'A',
    'a.',
    '.a',
    '..a',
    '...',
    'ä',
    'a\u0308',
    '\u00e4',
    '\u2025',
    '\uff0e\uff0e',
  ),
  fc.constantFrom('.', '..', '', ' ', '\u0000', '%2e%2e', '..\u0000', '\\..', '\u200b'),
  fc.string({ unit: 'binary', maxLength: 3 }),
);

/** What somebody may write who wants to get out. */
export const hostilePath = fc
  .tuple(fc.constantFrom('/', '', '//', './', '../'), fc.array(segment, { maxLength: 6 }))
  .map(([start, segments]) => start + segments.join('/'));

/** What an administrator may write. */
export const directory = fc
  .array(fc.constantFrom('a', 'ab', 'data', 'ä'), { maxLength: 3 })
  .map((names) => `/${names.join('/')}`);

/** Where a path leads, worked out the other way round: by resolving it and walking up. */
export function leadsInto(path: string, allowed: string): boolean {
  let at = posix.resolve('/', path);
  while (at !== allowed && at !== '/') at = posix.dirname(at);
  return at === allowed;
}
