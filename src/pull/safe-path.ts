import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../artifact/names.ts';
import { StowageError, systemCode } from '../errors.ts';
import { stepsTo } from '../files/steps-to.ts';
import { unlessGone } from '../files/unless-gone.ts';

/**
 * The place of a file below a directory, whose own directories are made where they are missing. What is there may be a
 * link, to a directory below the same root; one that leads out is refused.
 * @param root absolute, free of links
 * @param path relative, of names only
 * @throws LinkRefused, FileExists where a file stands in the way of a directory
 */
export async function safePath(root: string, path: string): Promise<string> {
  let directory = root;
  const names = path.split('/');
  const last = names.pop() ?? '';
  for (const name of names) directory = await enter(root, join(directory, name));
  return join(directory, last);
}

/** Where a path lies now; undefined where it or a directory above it is not there. @throws as safePath */
export async function existingPath(root: string, path: string): Promise<string | undefined> {
  let directory = root;
  const names = path.split('/');
  const last = names.pop() ?? '';
  for (const name of names) {
    const found = await lstat(join(directory, name)).catch(unlessGone);
    if (found === undefined) return undefined;
    directory = await real(root, join(directory, name), found.isDirectory());
  }
  return join(directory, last);
}

async function enter(root: string, path: string): Promise<string> {
  const found = await lstat(path).catch(unlessGone);
  if (found !== undefined) return real(root, path, found.isDirectory());
  await mkdir(path).catch((error: unknown) => {
    // Two files of one new directory can come at the same time.
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  return path;
}

async function real(root: string, path: string, isDirectory: boolean): Promise<string> {
  if (isDirectory) return path;
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined || stepsTo(root, target) === undefined) {
    const is = await lstat(path);
    if (!is.isSymbolicLink()) throw inTheWay(path);
    throw new StowageError('LinkRefused', `${quote(path)} is a link that leads out of ${quote(root)}`, {
      hint: 'Remove it, or pull into the directory that it leads to.',
    });
  }
  if ((await lstat(target)).isDirectory()) return target;
  throw inTheWay(path);
}

function inTheWay(path: string): StowageError {
  return new StowageError('FileExists', `${quote(path)} is no directory, but the image has files in it`, {
    hint: 'Remove it, or pull into another directory.',
  });
}
