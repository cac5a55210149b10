import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { systemCode } from '../errors.ts';

/**
 * Whether a path is a directory or lies in it, whatever links lead there. What is at the end of the path need not
 * exist yet. Both are absolute or relative to the working directory.
 */
export async function liesInside(path: string, directory: string): Promise<boolean> {
  const between = relative(await realPathOf(directory), await realPathOf(path));
  return between === '' || (between !== '..' && !between.startsWith(`..${sep}`));
}

/** Where links cannot be followed, the path as it is: whoever opens it says why. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) return path;
    return join(await realPathOf(parent), basename(path));
  }
}
