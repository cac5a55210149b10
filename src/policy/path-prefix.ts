import { ABSOLUTE_PATH } from '../api/grammar.ts';

const NORMAL = new RegExp(`^${ABSOLUTE_PATH.pattern}$`);

/**
 * Whether a path says by itself where it leads: absolute, without empty, `.` and `..` segments, without ASCII
 * control characters, and the same text once it is written in UTF-8.
 */
export function isNormal(path: string): boolean {
  return path.length <= ABSOLUTE_PATH.max && path.isWellFormed() && NORMAL.test(path);
}

/** Whether a path is a directory or lies below it: `/data/a/b` below `/data/a`, not `/data/ab`. Of normal paths only. */
export function liesBelow(path: string, directory: string): boolean {
  if (!isNormal(path) || !isNormal(directory)) return false;
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** The directory nearest to the path of those that it lies below: the less lies in it, the less a link can lead to. */
export function nearestAbove(path: string, directories: readonly string[]): string | undefined {
  const above = directories.filter((directory) => liesBelow(path, directory));
  return above.reduce<string | undefined>(longer, undefined);
}

/** The longer of two; the first where they are equally long. */
export function longer(a: string | undefined, b: string): string {
  return a === undefined || b.length > a.length ? b : a;
}
