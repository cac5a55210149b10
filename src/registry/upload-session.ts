import type { Digest } from '../oci/digest.ts';
import { StowageError } from '../errors.ts';
import { discard, isSuccess, type Answer } from './answer.ts';
import { nextUrl } from './hop.ts';
import type { Repository } from './repository.ts';

/** Telling a registry that an upload will not go on is a courtesy: nobody waits long for it. */
const CANCEL_TIMEOUT_MS = 3_000;

/** Opens an upload (distribution-spec, "Pushing blobs"). @returns where its bytes go. */
export async function startUpload(repository: Repository, what: string, signal: AbortSignal): Promise<URL> {
  const answer = await repository.send({
    method: 'POST',
    url: repository.url('blobs/uploads/'),
    signal,
  });
  if (!isSuccess(answer)) throw await repository.refusal(answer, `store ${what}`);
  await discard(answer);
  const location = locationOf(answer);
  if (location === undefined)
    throw new StowageError('RegistryFailed', `the registry did not say where to send ${what}`);
  return location;
}

/** Where an upload goes on: absolute or relative, with a query that holds the registry's own state and is kept as it is. */
export function locationOf(answer: Answer): URL | undefined {
  const location = answer.header('location');
  return location === undefined ? undefined : nextUrl(answer.url, location, 'the upload location');
}

/** Adds `digest` to what the registry itself wrote, byte for byte: URLSearchParams would spell its state anew. */
export function withDigest(session: URL, digest: Digest): URL {
  const url = new URL(session);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** Lets the registry forget an upload, as far as that is possible; it never fails. */
export async function cancelUpload(repository: Repository, session: URL): Promise<void> {
  try {
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    await discard(await repository.send({ method: 'DELETE', url: session, signal }));
  } catch {
    // Registries clean up abandoned uploads by themselves, and what led here is the error that counts.
  }
}
