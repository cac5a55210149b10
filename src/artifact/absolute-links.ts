import { readdir, readlink } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { StowageError } from '../errors.ts';
import { sourceError } from './fs-error.ts';
import { quote } from './names.ts';

/**
 * Refuses links that say where they lead from the root on, for builders that keep links as they are: in the image they
 * would lead elsewhere.
 * @throws LinkRefused, SourceUnreadable
 */
export async function refuseAbsoluteLinks(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    async (error: unknown) => {
      throw await sourceError(error, directory, '.');
    },
  );
  for (const entry of entries.filter((each) => each.isSymbolicLink())) {
    const location = join(entry.parentPath, entry.name);
    const target = await readlink(location);
    if (isAbsolute(target))
      throw new StowageError(
        'LinkRefused',
        `${quote(relative(directory, location))} is a symbolic link to ${quote(target)}, an absolute path`,
        { hint: 'This builder keeps links. Make it a relative one, or use spec.builder: stream.' },
      );
  }
}
