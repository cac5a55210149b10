import { messageOf, StowageError } from '../errors.ts';
import { openImage, withDigest } from './image.ts';
import type { PullReport, PullRequest } from './pull-report.ts';
import { Pulling } from './pulling.ts';
import { inWorkspace } from './workspace.ts';

/**
 * Writes the files of an image's model into a directory. A file appears under its name when its content is there and has
 * the right digest; until then it lies in a directory beside, from where the same call goes on after whatever has
 * stopped it.
 * @throws what openImage, listLayer and fetchParts throw; FileExists, OutOfDisk, Unwritable, StateBusy, LinkRefused,
 * FileRefused
 */
export async function pull(request: PullRequest): Promise<PullReport> {
  const started = performance.now();
  try {
    const image = await openImage(request, request.signal);
    const { directory, files, bytes } = await inWorkspace(request.directory, (workspace) =>
      new Pulling(image, request, workspace).run(),
    );
    const seconds = Math.round(performance.now() - started) / 1000;
    return { image: withDigest(image), digest: image.root.digest, directory, files, bytes, seconds };
  } catch (error) {
    throw request.signal.aborted ? cancelled(request) : error;
  } finally {
    request.progress.finished();
  }
}

function cancelled({ signal, directory }: PullRequest): StowageError {
  return new StowageError('Cancelled', `${messageOf(signal.reason)}; ${directory} has only whole files`, {
    hint: 'What has come of the others is kept: the same command goes on from there.',
    cause: signal.reason,
  });
}
