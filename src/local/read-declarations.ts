import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { parseDeclarations, type Declaration } from '../api/declaration.ts';
import { messageOf, StowageError, systemCode } from '../errors.ts';

/** A declaration is written by hand; a file larger than this is something else. The parser has the same bound. */
const MAX_BYTES = 1024 * 1024;

/** Reads and checks the declarations of several files; "-" is standard input. @throws UsageInvalid, DeclarationInvalid */
export async function readDeclarations(files: readonly string[]): Promise<Declaration[]> {
  const lists = await Promise.all(
    files.map(async (file) => {
      if (file === '-')
        return parseDeclarations((await buffer(process.stdin)).toString(), 'standard input', process.cwd());
      return parseDeclarations(await readText(file), file, dirname(resolve(file)));
    }),
  );
  return lists.flat();
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= MAX_BYTES) return await readFile(file, 'utf8');
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'it does not exist' : messageOf(error);
    throw new StowageError('UsageInvalid', `the file ${JSON.stringify(file)} cannot be read: ${why}`, {
      cause: error,
    });
  }
  throw new StowageError(
    'DeclarationInvalid',
    `the file ${JSON.stringify(file)} is too large for a declaration (over ${MAX_BYTES} bytes)`,
  );
}
