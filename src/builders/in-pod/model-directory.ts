import { relative } from 'node:path';
import { sourceError } from '../../artifact/fs-error.ts';
import { realPath } from '../../artifact/link.ts';
import { quote } from '../../artifact/names.ts';
import { StowageError, systemCode } from '../../errors.ts';
import { stepsTo } from '../../files/steps-to.ts';

/**
 * Where the model lies. No kubelet has looked where its path leads, and the Secrets of the pod are there to be led to:
 * nothing is read before it is known, and no link is on the path that is read.
 * @param within where it must lie; undefined: the kubelet has looked
 * @throws PathNotFound, LinkRefused, SourceUnreadable
 */
export async function modelDirectory(directory: string, within: string | undefined): Promise<string> {
  if (within === undefined) return directory;
  const name = quote(relative(within, directory));
  const root = await realPath(within);
  const real = await realPath(directory).catch(async (error: unknown) => {
    throw await unreachable(error, directory, name);
  });
  if (stepsTo(root, real) !== undefined) return real;
  throw new StowageError(
    'LinkRefused',
    `${name} is, by a link, a directory outside the volume: ${quote(real)}`,
    { hint: 'Name the directory itself in spec.storage, without links.' },
  );
}

async function unreachable(cause: unknown, directory: string, name: string): Promise<StowageError> {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new StowageError('PathNotFound', `the directory ${name} is not on the volume`, {
      hint: 'Check spec.storage: the path is one below the root of the volume.',
      cause,
    });
  if (code === 'ELOOP')
    return new StowageError('LinkRefused', `${name} is reached by links that lead in a circle`, { cause });
  return sourceError(cause, directory, directory);
}
