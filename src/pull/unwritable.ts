import { quote } from '../artifact/names.ts';
import { asStowageError, StowageError, systemCode } from '../errors.ts';
import { writeError } from '../files/atomic-write.ts';

/** What went wrong in or with a directory that is written to: OutOfDisk, Unwritable, or what it was that is none of these. */
export function unwritable(error: unknown, directory: string): StowageError {
  if (error instanceof StowageError || systemCode(error) === undefined) return asStowageError(error);
  if (systemCode(error) === 'ABORT_ERR') return asStowageError(error);
  return writeError(error, quote(directory), 'Unwritable');
}
