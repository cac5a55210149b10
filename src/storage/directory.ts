import { stat } from 'node:fs/promises';
import { messageOf, StowageError, systemCode } from '../errors.ts';

/** @throws PathNotFound where there is nothing, or a file; SourceUnreadable */
export async function requireDirectory(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new StowageError('PathNotFound', `the path ${path} does not exist on this machine`, {
        hint: 'Check spec.storage, and that what should be mounted there is mounted.',
        cause: error,
      });
    throw new StowageError('SourceUnreadable', `the path ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new StowageError('PathNotFound', `the path ${path} is a file; a model is a directory`, {
    hint: 'Put the file into a directory of its own and name that.',
  });
}
