import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HERE, hasEnded, thisProcess } from '../files/process.ts';

/** Whoever did not write for so long is gone, wherever it ran. A network storage can hang for hours and come back. */
const IDLE_MS = 24 * 60 * 60 * 1000;

/** A layout can lie on a volume that others write to as well, so a name says where its writer runs. */
const NAME = /^\.stowage-(?<where>[0-9a-f]{12})-(?<writer>\d+(?:-\d+)?)\.[0-9a-f]{12}\.partial$/;

/**
 * Writes a file under a name of its own in `directory` and, when all of it is on the disk, moves it to the path that
 * belongs to what `write` returns. Whatever fails, no part of it stays.
 */
export async function writeWhole<T>(
  directory: string,
  write: (file: FileHandle) => Promise<T>,
  pathOf: (result: T) => string,
): Promise<T> {
  const name = `.stowage-${HERE}-${thisProcess()}.${randomBytes(6).toString('hex')}.partial`;
  const partial = join(directory, name);
  try {
    const result = await writeAndSync(partial, write);
    await rename(partial, pathOf(result));
    return result;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeAndSync<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx');
  try {
    const result = await write(file);
    // A name may outlive a loss of power without its content, and a blob that is there is not written again. Sync
    // blob by blob costs no more than all at the end: while one waits for the disk, another is read.
    await file.datasync();
    return result;
  } finally {
    await file.close();
  }
}

/** Removes from a directory, whose `names` are these, what writers left that were killed. */
export async function removeAbandoned(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { where, writer } = NAME.exec(name)?.groups ?? {};
    if (writer === undefined) continue;
    const path = join(directory, name);
    if ((where === HERE && hasEnded(writer)) || (await isIdle(path))) await rm(path, { force: true });
  }
}

async function isIdle(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > IDLE_MS;
}
