import { ABSOLUTE_PATH } from '../api/grammar.ts';
import { stepsTo } from '../files/steps-to.ts';
import { fits } from '../api/fits.ts';

/**
 * Whether a path says by itself where it leads: absolute, without empty, `.` and `..` segments, without ASCII
 * control characters, and the same text once it is written in UTF-8.
 */
function isNormal(path: string): boolean {
  return fits(ABSOLUTE_PATH, path);
}

/** Whether a path is a directory or lies below it: `/data/a/b` below `/data/a`, not `/data/ab`. Of normal paths only. */
export function liesBelow(path: string, directory: string): boolean {
  return isNormal(path) && isNormal(directory) && stepsTo(directory, path) !== undefined;
}
