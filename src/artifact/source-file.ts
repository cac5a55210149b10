import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { changed, sourceError } from './fs-error.ts';
import type { HeaderFile } from './header.ts';
import { refusedKind } from './kind.ts';
import type { Place } from './link.ts';

/** A file of the source, open. Its size is that of the moment it was opened. */
export interface SourceFile extends HeaderFile {
  readonly stats: BigIntStats;
}

/**
 * What was a file when it was listed may be a link or a FIFO by now: following the one would leave the source, opening
 * the other would wait for a writer.
 */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of the source, lets `use` read in it, and closes it.
 * @throws SourceUnreadable, ArtifactChanged, FileRefused, and what `use` throws
 */
export async function withSourceFile<T>(place: Place, use: (file: SourceFile) => Promise<T>): Promise<T> {
  const { path, location } = place;
  try {
    await using handle = await open(location, FLAGS);
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw refusedKind(path, stats);
    return await use({
      path,
      stats,
      size: Number(stats.size),
      read: (position, length) => readRange(handle, path, position, length),
    });
  } catch (error) {
    throw await sourceError(error, location, path);
  }
}

async function readRange(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await handle.read(bytes, have, length - have, position + have);
    if (bytesRead === 0) throw changed(path, 'became shorter');
    have += bytesRead;
  }
  return bytes;
}
