/** Where a symbolic link of the source leads, and whether it may. */
import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { StowageError, systemCode } from '../errors.ts';
import { stepsTo } from '../files/steps-to.ts';
import { sourceError } from './fs-error.ts';
import { quote, quoteBytes } from './names.ts';

/** A link, or anything else that was found: where it lies and how it is called. */
export interface Place {
  /** Relative to the root. */
  readonly path: string;
  /** Absolute. */
  readonly location: string;
}

export interface Followed {
  /** Absolute, free of links. */
  readonly location: string;
  readonly stats: Stats;
}

/**
 * Follows a link to what lies at its end.
 * @param root absolute, free of links
 * @throws LinkRefused when it ends outside the root, nowhere, or in a circle; SourceUnreadable; FileRefused
 */
export async function followLink(root: string, link: Place): Promise<Followed> {
  const location = await realPath(link.location).catch(async (error: unknown) => {
    const code = systemCode(error);
    if (code === 'ELOOP') throw await refused(link, 'which leads in a circle', 'Remove it.', error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw await sourceError(error, link.location, link.path);
    throw await refused(link, 'which does not exist', 'Remove it, or put back what it led to.', error);
  });
  if (stepsTo(root, location) === undefined) {
    throw await refused(
      link,
      `which lies outside the source, at ${quote(location)}`,
      escapeHint(root, location),
    );
  }
  const stats = await stat(location).catch(async (error: unknown) => {
    throw await sourceError(error, location, link.path);
  });
  return { location, stats };
}

async function refused(link: Place, why: string, hint: string, cause?: unknown): Promise<StowageError> {
  const target = await readlink(link.location, { encoding: 'buffer' }).catch(async (error: unknown) => {
    throw await sourceError(error, link.location, link.path);
  });
  const message = `${quote(link.path)} is a symbolic link to ${quoteBytes(target)}, ${why}`;
  return new StowageError('LinkRefused', message, { hint, cause });
}

/**
 * `realpath`, for paths that Stowage keeps as text.
 * @throws FileRefused when it is not UTF-8, and what the system says
 */
export async function realPath(path: string): Promise<string> {
  const real = await realpath(path, { encoding: 'buffer' });
  if (isUtf8(real)) return real.toString('utf8');
  throw new StowageError('FileRefused', `${quote(path)} lies at ${quoteBytes(real)}, which is not UTF-8`, {
    hint: 'Rename the directory, or move the model to another.',
  });
}

/** @throws LinkRefused for a link to a directory that it lies in itself: following it would never end. */
export function refuseCircle(link: Place, target: string, around: readonly string[]): void {
  if (!around.includes(target)) return;
  const message = `${quote(link.path)} is a symbolic link that leads back up to ${quote(target)}, in a circle`;
  throw new StowageError('LinkRefused', message, { hint: 'Remove it.' });
}

/** Hugging Face keeps files under blobs/ and links to them under snapshots/, so a snapshot alone leads outside. */
function escapeHint(root: string, location: string): string {
  const copy =
    'Copy the source with its links resolved: cp -rL (with -l as well, on the same disk, no byte is copied).';
  const [hub] = root.split('/snapshots/');
  const isHub = hub !== undefined && hub !== root && location.startsWith(`${hub}/blobs/`);
  return isHub
    ? `This is one snapshot of a hub cache. ${copy} Or give ${quote(hub)}, which holds both ends.`
    : copy;
}
