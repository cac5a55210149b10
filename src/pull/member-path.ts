import { isUtf8 } from 'node:buffer';

/** Linux opens no longer paths (PATH_MAX), and no longer names (NAME_MAX). */
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;
/** Directories inside each other: more than any image has, and few enough to be walked. */
const MAX_DEPTH = 128;

/**
 * Where a member lies in the image: `models/config.json`, '' for the root. A leading `/` or `./` means the same, as for
 * all who unpack layers.
 * @returns undefined where it can lie nowhere: names that are no UTF-8, that lead up, or that no file system takes
 */
export function memberPath(name: Buffer): string | undefined {
  if (name.length > MAX_PATH_BYTES || !isUtf8(name) || name.includes(0)) return undefined;
  const parts = name
    .toString('utf8')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.length > MAX_DEPTH) return undefined;
  if (parts.some((part) => part === '..' || Buffer.byteLength(part) > MAX_NAME_BYTES)) return undefined;
  return parts.join('/');
}
