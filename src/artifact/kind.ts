import type { Dirent, Stats } from 'node:fs';
import { StowageError } from '../errors.ts';
import { quote } from './names.ts';

type Kind = Pick<Stats | Dirent, 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice'>;

/** @returns FileRefused for what is neither a file nor a directory: nothing of it could be read from an image. */
export function refusedKind(path: string, kind: Kind): StowageError {
  const what = [
    kind.isFIFO() && 'a FIFO (named pipe)',
    kind.isSocket() && 'a socket',
    (kind.isBlockDevice() || kind.isCharacterDevice()) && 'a device',
  ].find((text) => text !== false);
  const message = `${quote(path)} is ${what ?? 'no regular file'}; only files, directories and links to them can be packed`;
  return new StowageError('FileRefused', message, { hint: 'Remove it, or move it out of the directory.' });
}
