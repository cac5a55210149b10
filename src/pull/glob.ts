import { StowageError } from '../errors.ts';

const MAX_PATTERN = 1000;

/**
 * Whether a path is meant by one of the patterns. `*` and `?` stand for what lies between two slashes, `**` for any
 * number of directories, `[a-z]` and `[!a-z]` for one character; a backslash takes the next character as it is. A pattern
 * without a slash is about names in any directory, and one that is a directory's path about all that is in it.
 *
 * Own code: `matchesGlob` of node:path leaves out names that begin with a dot, and knows no way to write `[`.
 * @throws UsageInvalid for a pattern that cannot be one
 */
export function globMatcher(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map(compile);
  return (path) => all.some((pattern) => pattern.test(path));
}

function compile(pattern: string): RegExp {
  if (pattern === '' || pattern.length > MAX_PATTERN) throw invalid(pattern, 'it is empty or too long');
  const trimmed = pattern.replace(/^(?:\.\/|\/)+/, '').replace(/\/+$/, '');
  const anywhere = trimmed.includes('/') ? '' : '(?:.*/)?';
  try {
    return new RegExp(`^${anywhere}${source(pattern, trimmed)}(?:/.*)?$`, 'su');
  } catch (error) {
    throw error instanceof SyntaxError ? invalid(pattern, 'a range in "[]" ends before it begins') : error;
  }
}

/** One token of a pattern: what it looks like, and what it becomes. */
const TOKENS: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/\*\*\//y, () => '(?:[^/]+/)*'],
  [/\*\*/y, () => '.*'],
  [/\*+/y, () => '[^/]*'],
  [/\?/y, () => '[^/]'],
  [/\\(.)/suy, ([, character = '']) => literal(character)],
  [/\[([!^]?)(\]?[^\]/]+)\]/y, ([, not = '', set = '']) => `(?!/)[${not && '^'}${classOf(set)}]`],
  [/[^\\[]/suy, ([character]) => literal(character)],
];

function source(pattern: string, trimmed: string): string {
  let made = '';
  for (let at = 0; at < trimmed.length;) {
    const [piece, length] = tokenAt(trimmed, at) ?? [];
    if (piece === undefined || length === undefined)
      throw invalid(pattern, 'a "[" without its "]", or a backslash at the end');
    made += piece;
    at += length;
  }
  return made;
}

function tokenAt(text: string, at: number): [piece: string, length: number] | undefined {
  for (const [token, make] of TOKENS) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found !== null) return [make(found), found[0].length];
  }
  return undefined;
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Of the characters in a class only `-` keeps its meaning. */
function classOf(set: string): string {
  return set.replaceAll(/[\\\]^[]/g, '\\$&');
}

function invalid(pattern: string, why: string): StowageError {
  return new StowageError('UsageInvalid', `${JSON.stringify(pattern.slice(0, 80))} is no pattern: ${why}`);
}
