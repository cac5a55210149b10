import { StowageError } from '../errors.ts';

const MAX_PATTERN = 1000;

/**
 * Whether a path is meant by one of the patterns. `*` and `?` stand for what lies between two slashes, `**` for any
 * number of directories, `[a-z]` and `[!a-z]` for one character; a backslash takes the next character as it is. A pattern
 * without a slash is about names in any directory, and one that is a directory's path about all that is in it.
 *
 * Own code: `matchesGlob` of node:path leaves out names that begin with a dot, and knows no way to write `[`. No regular
 * expression either: those try all ways in which several `*` can share a name, which takes minutes for a name that is
 * made for it, and names come from images. Here the work is at most the length of the pattern times that of the path.
 * @throws UsageInvalid for a pattern that cannot be one
 */
export function globMatcher(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map(compile);
  return (path) => all.some((steps) => matches(steps, path));
}

/** What may come next at a place in the pattern. */
interface Step {
  /** Whether a character may be there. */
  readonly takes: (character: string) => boolean;
  /** Whether it may also be none, or several. */
  readonly repeats?: boolean;
  /** Any number of whole names, each with its slash. */
  readonly directories?: boolean;
}

const notSlash = (character: string): boolean => character !== '/';
const NAMES: Step = { takes: notSlash, repeats: true, directories: true };

function compile(pattern: string): readonly Step[] {
  if (pattern === '' || pattern.length > MAX_PATTERN) throw invalid(pattern, 'it is empty or too long');
  const trimmed = pattern.replace(/^(?:\.\/|\/)+/, '').replace(/\/+$/, '');
  const steps = stepsOf(pattern, trimmed);
  return trimmed.includes('/') ? steps : [NAMES, ...steps];
}

/**
 * Goes through the path once, with all places in the pattern at which one can be. A place is a number: twice that of its
 * step, and one more within a name that `NAMES` stands for.
 */
function matches(steps: readonly Step[], path: string): boolean {
  const end = 2 * steps.length;
  let places = new Set<number>();
  reach(steps, 0, places);
  for (const character of path) {
    // What the pattern means is a directory.
    if (character === '/' && places.has(end)) return true;
    const next = new Set<number>();
    for (const place of places) advance(steps, place, character, next);
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(end);
}

function advance(steps: readonly Step[], place: number, character: string, next: Set<number>): void {
  const step = steps[place >> 1];
  if (step === undefined) return;
  const isInName = place % 2 === 1;
  if (isInName && character === '/') reach(steps, place - 1, next);
  else if (step.takes(character)) {
    if (step.directories === true) next.add(isInName ? place : place + 1);
    else reach(steps, step.repeats === true ? place : place + 2, next);
  }
}

/** Adds a place, and those behind it that need no character. */
function reach(steps: readonly Step[], place: number, into: Set<number>): void {
  for (let at = place; !into.has(at); at += 2) {
    into.add(at);
    if (steps[at >> 1]?.repeats !== true) return;
  }
}

/** One token of a pattern: what it looks like, and what it means. */
const TOKENS: readonly (readonly [RegExp, (found: RegExpExecArray) => Step])[] = [
  [/\*\*\//y, () => NAMES],
  [/\*\*/y, () => ({ takes: () => true, repeats: true })],
  [/\*+/y, () => ({ takes: notSlash, repeats: true })],
  [/\?/y, () => ({ takes: notSlash })],
  [/\\(.)/suy, ([, character]) => ({ takes: (one) => one === character })],
  [/\[([!^]?)(\]?[^\]/]+)\]/y, ([, not = '', set = '']) => ({ takes: classOf(not, set) })],
  [/[^\\[]/suy, ([character]) => ({ takes: (one) => one === character })],
];

function stepsOf(pattern: string, trimmed: string): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < trimmed.length;) {
    const [step, length] = tokenAt(pattern, trimmed, at) ?? [];
    if (step === undefined || length === undefined)
      throw invalid(pattern, 'a "[" without its "]", or a backslash at the end');
    steps.push(step);
    at += length;
  }
  return steps;
}

function tokenAt(pattern: string, text: string, at: number): [step: Step, length: number] | undefined {
  for (const [token, make] of TOKENS) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) continue;
    try {
      return [make(found), found[0].length];
    } catch (error) {
      throw error instanceof SyntaxError ? invalid(pattern, 'a range in "[]" ends before it begins') : error;
    }
  }
  return undefined;
}

/** Of the characters in a class only `-` keeps its meaning. */
function classOf(not: string, set: string): (character: string) => boolean {
  const one = new RegExp(`^[${not && '^'}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]$`, 'su');
  return (character) => character !== '/' && one.test(character);
}

function invalid(pattern: string, why: string): StowageError {
  return new StowageError('UsageInvalid', `${JSON.stringify(pattern.slice(0, 80))} is no pattern: ${why}`);
}
