/** Whether a source is still what the scan saw. */
import { constants, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Artifact, ArtifactFile } from './artifact.ts';
import { changed, sourceError, vanished } from './fs-error.ts';
import { inParallel } from './parallel.ts';
import { walkSource } from './walk.ts';

/**
 * What happened to a file since the scan, as the end of a sentence that begins with "it"; undefined when nothing did.
 * A change that keeps the size and sets the modification time back is still seen: nobody can set ctime.
 * @param now a stat of the file, by descriptor or path, with `bigint: true`
 */
export function describeChange(
  before: Pick<ArtifactFile, 'size' | 'identity'>,
  now: Pick<BigIntStats, 'size' | 'dev' | 'ino' | 'mtimeNs' | 'ctimeNs'>,
): string | undefined {
  const was = before.identity;
  const size = Number(now.size);
  if (was.dev !== now.dev || was.ino !== now.ino) return 'was replaced by another file';
  if (before.size < size) return `grew from ${before.size} to ${size} bytes`;
  if (before.size > size) return `shrank from ${before.size} to ${size} bytes`;
  if (was.mtimeNs !== now.mtimeNs) return 'was written to (its modification time changed)';
  if (was.ctimeNs !== now.ctimeNs) return 'was touched (its owner, mode, links or content changed)';
  return undefined;
}

/**
 * Walks the source again, without reading a file, and compares.
 * @throws ArtifactChanged naming the first path that vanished or appeared, else the first file that is not what it was;
 * and what walkSource throws
 */
export async function assertUnchanged(artifact: Artifact, signal?: AbortSignal): Promise<void> {
  const tree = await walkSource(artifact.root, signal);
  compare(artifact.files.map(toPath), tree.files.map(toPath));
  compare(artifact.emptyDirectories, tree.emptyDirectories);
  const before = new Map(artifact.files.map((file) => [file.path, file]));
  await inParallel(tree.files, signal, async ({ path, location }) => {
    const now = await freshStat(location).catch(async (error: unknown) => {
      throw await sourceError(error, location, path);
    });
    const file = before.get(path);
    const change = file === undefined ? 'appeared' : describeChange(file, now);
    if (change !== undefined) throw changed(path, change);
  });
}

/**
 * What a file is now. It is opened for that, since clients of network file systems answer stat() from what they have
 * heard up to a minute before (nfs(5), "acregmax"), and ask the server when a file is opened ("close-to-open").
 */
async function freshStat(location: string): Promise<BigIntStats> {
  // O_NONBLOCK: should it have become a FIFO, opening it must not wait for a writer.
  const file = await open(location, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await file.stat({ bigint: true });
  } finally {
    await file.close();
  }
}

function compare(before: readonly string[], now: readonly string[]): void {
  const different = before.findIndex((path, index) => path !== now[index]);
  const at = different === -1 ? before.length : different;
  const [gone, come] = [before[at], now[at]];
  if (gone !== undefined && !now.includes(gone)) throw vanished(gone);
  if (come !== undefined) throw changed(come, 'appeared');
}

const toPath = ({ path }: { readonly path: string }): string => path;
