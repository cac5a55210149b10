import { lstat } from 'node:fs/promises';
import { inParallel } from '../artifact/parallel.ts';
import { quoteSome } from '../artifact/names.ts';
import { StowageError, systemCode } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageContents } from './contents.ts';
import { digestOfFile } from './hash-file.ts';
import { judgeContents } from './judge-contents.ts';
import { existingPath } from './safe-path.ts';
import type { Wanted } from './selection.ts';

/** What is in the place of a file. `unknown`: a file of the same size, whose content cannot be judged beforehand. */
export type Existing = 'absent' | 'same' | 'other' | 'unknown' | 'in the way';

export interface ExistingRequest {
  /** Absolute, free of links. */
  readonly root: string;
  readonly contents: ImageContents;
  readonly signal: AbortSignal;
}

/**
 * Compares what is in the directory with what the image has, without fetching contents: by the digest of a file where
 * the image vouches for one, else by that of its layer, put together from the files that are here.
 */
export async function judgeExisting(
  wanted: readonly Wanted[],
  request: ExistingRequest,
): Promise<Map<string, Existing>> {
  const { root, signal, contents } = request;
  const places = new Map<string, string>();
  const found = await inParallel(wanted, signal, async (each): Promise<[Wanted, Existing]> => {
    const path = await existingPath(root, each.path);
    if (path === undefined) return [each, 'absent'];
    places.set(each.path, path);
    return [each, await kindOf(path, each)];
  });
  const unknown = found.flatMap(([{ path, entry }, existing]) => {
    const place = places.get(path);
    return existing === 'unknown' && place !== undefined ? [{ path, entry, place }] : [];
  });
  const judged = await judgeContents(unknown, contents, signal);
  return new Map(found.map(([{ path }, existing]) => [path, judged.get(path) ?? existing]));
}

/** Compares a file that is in the directory with the digest of the image's; undefined: the image has no such content. */
export async function compareExisting(
  root: string,
  path: string,
  digest: Digest | undefined,
  signal: AbortSignal,
): Promise<Existing> {
  const place = await existingPath(root, path);
  if (place === undefined) return 'absent';
  return (await digestOfFile(place, signal)) === digest ? 'same' : 'other';
}

/** @throws FileExists, before anything is fetched */
export function refuseExisting(judged: ReadonlyMap<string, Existing>, overwrite: boolean): void {
  const inTheWay = [...judged].filter(([, is]) => is === 'in the way').map(([path]) => path);
  const other = [...judged].filter(([, is]) => is === 'other').map(([path]) => path);
  if (inTheWay.length > 0)
    throw new StowageError(
      'FileExists',
      `${quoteSome(inTheWay)} in the directory: no regular file, and not replaced`,
    );
  if (other.length > 0 && !overwrite) throw otherContent(other);
}

export function otherContent(paths: readonly string[]): StowageError {
  const is =
    paths.length === 1 ? 'is there already, with other content' : 'are there already, with other content';
  return new StowageError('FileExists', `${quoteSome(paths)} ${is} than in the image`, {
    hint: 'Add --overwrite to replace what differs, or pull into another directory.',
  });
}

async function kindOf(path: string, { entry }: Wanted): Promise<Existing> {
  try {
    const found = await lstat(path);
    if (!found.isFile()) return 'in the way';
    return found.size === entry.size ? 'unknown' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
}
