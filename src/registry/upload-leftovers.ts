import { keptLocation } from './kept-location.ts';
import type { Repository } from './repository.ts';
import { cancelUpload } from './upload-session.ts';

/** So many at most in one build: those of an image, and of a few that failed before it. Others follow in the next. */
const MAX_CANCELLED = 32;

/** Cancels uploads that earlier builds left and that nobody will go on with; it never fails. See UploadKeeper. */
export async function cancelLeftovers(
  repository: Repository,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const found = await repository.ways.kept?.takeLeftovers(repository.name, keys).catch(() => undefined);
  const urls = (found ?? []).flatMap(({ location }) => keptLocation(repository, location) ?? []);
  if (signal.aborted) return;
  await Promise.all(urls.slice(0, MAX_CANCELLED).map((url) => cancelUpload(repository, url)));
}
