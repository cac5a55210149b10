/**
 * What pulls leave that were interrupted. Each pull writes in a directory of its own, and only there, so that no two of
 * them ever have one file open: a file that is right when it gets its name must not change afterwards. When a pull ends
 * it moves what is left up, to the directory that all pulls share; one that was killed could not, and is helped.
 */
import { lstat, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, isElsewhere } from '../files/process.ts';
import { unlessGone } from '../files/unless-gone.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { blobOfPart } from './part.ts';

/** What a pull can go on from: the bytes of a part that have come, and which they are. */
const USEFUL = /\.(?:partial|ranges)$/;

/**
 * Moves what earlier pulls have left into the directory of this one.
 * @param shared the directory of all pulls; the caller holds its lock, so a pull from elsewhere that has a directory in
 * it still has ended, or was silent for long
 */
export async function takeOver(shared: string, own: string): Promise<void> {
  const entries = await readdir(shared, { withFileTypes: true });
  for (const entry of entries)
    if (entry.isDirectory() && (hasEnded(entry.name) || isElsewhere(entry.name)))
      // What cannot be moved is fetched anew: tidying up is no reason not to pull.
      await giveBack(join(shared, entry.name), shared).catch(() => undefined);
  await moveFiles(shared, own);
}

/** Moves what is left in the directory of a pull to that of all, and removes it. */
export async function giveBack(own: string, shared: string): Promise<void> {
  await moveFiles(own, shared);
  await rmdir(own);
}

/** Removes what there is of parts of some blobs. */
export async function removeParts(own: string, blobs: readonly Descriptor[]): Promise<void> {
  const digests = new Set(blobs.map(({ digest }) => digest));
  for (const name of await readdir(own)) {
    const digest = blobOfPart(name);
    if (digest !== undefined && digests.has(digest)) await rm(join(own, name), { force: true });
  }
}

async function moveFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(from, entry.name);
    // Another may have moved it meanwhile.
    await (
      USEFUL.test(entry.name) && !(await hasItsName(path)) ? rename(path, join(to, entry.name)) : rm(path)
    ).catch(unlessGone);
  }
}

/**
 * Whether a process was killed between the two steps that give a file its name: both are the same file then, and who
 * writes to the one would change the other.
 */
async function hasItsName(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessGone))?.nlink !== 1;
}
