import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, StowageError, systemCode, type ErrorCode } from '../errors.ts';

/**
 * Writes a file so that a reader sees the old content or the new, never a part, whatever is killed meanwhile.
 * Missing parent directories are made.
 * @param mode of a new file, less the umask
 */
export async function atomicWrite(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      // Without it a crash of the machine can leave the new name with no content (ext4's delayed allocation).
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A name beside `path` that no other writer uses: a short one, since the name in `path` may be as long as names can be. */
function temporaryName(path: string): string {
  return join(dirname(path), `${randomBytes(6).toString('hex')}.partial`);
}

/** A failed write as the user should read it: a full disk is told apart from the rest, which gets `otherwise`. */
export function writeError(error: unknown, what: string, otherwise: ErrorCode): StowageError {
  if (error instanceof StowageError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StowageError('OutOfDisk', `no space left for ${what}`, {
      hint: 'Free some space or choose a directory on another disk.',
      cause: error,
    });
  }
  return new StowageError(otherwise, `${what} cannot be written: ${messageOf(error)}`, { cause: error });
}
