import { keptLocation } from './kept-location.ts';
import type { Repository } from './repository.ts';
import { cancelUpload } from './upload-session.ts';

/** So many at most at a time: those of an image, and of a few that failed before it. Others follow with the next build. */
const MAX_CANCELLED = 32;

/** Cancels uploads that earlier builds left and that nobody will go on with; it never fails. See UploadKeeper. */
export async function cancelLeftovers(
  repository: Repository,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { name, ways } = repository;
  const found = await ways.kept?.takeLeftovers(name, keys, MAX_CANCELLED).catch(() => undefined);
  const urls = (found ?? []).flatMap(({ location = '' }) => keptLocation(repository, location) ?? []);
  await Promise.all(urls.map((url) => cancelUpload(repository, url)));
}
