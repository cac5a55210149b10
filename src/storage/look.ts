import { StowageError } from '../errors.ts';
import type { Machine } from './machine.ts';
import { meaningOf, type Saying } from './saying.ts';

/** How long a mounted directory may take to be looked at, in milliseconds. */
const LOOK_WITHIN = 30_000;

/**
 * Looks whether a directory on a mount is there. It is done by a program, since a call to the file system that a server
 * does not answer can be ended from outside only: a process that waits in one cannot even exit.
 * @throws PathNotFound, SourceUnreadable, ServerUnreachable, and what the sayings have
 */
export async function look(
  directory: string,
  { source, sayings }: { readonly source: string; readonly sayings: readonly Saying[] },
  machine: Machine,
  signal: AbortSignal,
): Promise<void> {
  const { code, output } = await machine.run(['stat', '-L', '-c', '%F', directory], LOOK_WITHIN, signal);
  signal.throwIfAborted();
  if (code === 0 && output === 'directory') return;
  const where = `${source}, which is mounted at ${directory},`;
  if (code === undefined)
    throw new StowageError('ServerUnreachable', `${where} does not answer within ${LOOK_WITHIN / 1000} s`, {
      retryable: true,
      hint: 'Check that its server runs, or unmount it ("umount -l") and try again.',
    });
  if (code === 0)
    throw new StowageError('PathNotFound', `${where} is a file; a model is a directory`, {
      hint: 'Put the file into a directory of its own and name that.',
    });
  if (/No such file|Not a directory/i.test(output))
    throw new StowageError('PathNotFound', `${where} does not exist there`, {
      hint: 'Check the path in spec.storage.',
    });
  throw (
    meaningOf(`${where} cannot be read: ${output}`, sayings) ??
    new StowageError('SourceUnreadable', `${where} cannot be read: ${output}`)
  );
}
