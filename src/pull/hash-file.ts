import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { StowageError } from '../errors.ts';
import { quote } from '../artifact/names.ts';
import type { Digest } from '../oci/digest.ts';
import type { LayerListing, Listed } from './layer-listing.ts';

const READ_BYTES = 1024 ** 2;

/** The digest of a file's content. */
export async function digestOfFile(path: string, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  await hashInto(hash, path, signal);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * The digest that a layer would have, were these files what it holds. undefined where not enough is known of the layer.
 * @param fileOf where the content of a member lies; undefined where it is not there
 */
export async function digestWithFiles(
  { frame }: LayerListing,
  fileOf: (member: Listed) => string | undefined,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  if (frame === undefined) return undefined;
  const hash = createHash('sha256');
  for (const stretch of frame) {
    if ('bytes' in stretch) {
      hash.update(stretch.bytes);
      continue;
    }
    const path = fileOf(stretch.member);
    if (path === undefined) return undefined;
    if ((await hashInto(hash, path, signal)) !== stretch.member.size) return undefined;
  }
  return `sha256:${hash.digest('hex')}`;
}

/** @returns number of bytes */
async function hashInto(hash: Hash, path: string, signal: AbortSignal): Promise<number> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) throw new StowageError('FileRefused', `${quote(path)} is no file`);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return position;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
