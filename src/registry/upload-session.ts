import type { Digest } from '../oci/digest.ts';
import { StowageError } from '../errors.ts';
import { discard, isSuccess, type Answer } from './answer.ts';
import { nextUrl } from './hop.ts';
import type { Repository } from './repository.ts';
import { judgeAsking, type Standing } from './upload-next.ts';
import { minChunkIn } from './upload-range.ts';

/** Telling a registry that an upload will not go on is a courtesy: nobody waits long for it. */
const CANCEL_TIMEOUT_MS = 3_000;

export interface StartedUpload {
  /** Where its bytes go. */
  readonly url: URL;
  /** Bytes that a chunk is to have at least, where the registry says so. */
  readonly minChunk: number | undefined;
}

/** Opens an upload (distribution-spec, "Pushing blobs"). */
export async function startUpload(
  repository: Repository,
  what: string,
  signal: AbortSignal,
): Promise<StartedUpload> {
  const answer = await repository.send({
    method: 'POST',
    url: repository.url('blobs/uploads/'),
    signal,
  });
  if (!isSuccess(answer)) throw await repository.refusal(answer, `store ${what}`);
  await discard(answer);
  const url = locationOf(answer);
  if (url === undefined)
    throw new StowageError('RegistryFailed', `the registry did not say where to send ${what}`);
  return { url, minChunk: minChunkIn(answer.header('oci-chunk-min-length')) };
}

/** What a registry says of an upload that it was asked about. */
export type UploadAnswer = (
  | Exclude<Standing, { readonly is: 'unclear' }>
  | { readonly is: 'unclear'; readonly error: StowageError; readonly status: number }
) & {
  /** Where it goes on, or is cancelled. */
  readonly url: URL;
};

interface AskedUpload {
  /** Names the blob in messages. */
  readonly what: string;
  /** Of the blob, where it is known. */
  readonly size: number | undefined;
  readonly signal: AbortSignal;
}

/** So often an upload that is still growing is asked for again: for some six seconds. */
const MAX_SETTLING = 6;

/**
 * Asks how much of an upload the registry has, until it says the same twice: bytes of a request that broke may still be
 * arriving, and what is sent to the wrong place is lost, or spoils the upload.
 */
export async function askSettled(
  repository: Repository,
  session: URL,
  about: AskedUpload,
): Promise<UploadAnswer> {
  let answer = await askUpload(repository, session, about);
  for (let times = 0; times < MAX_SETTLING && (answer.is === 'begun' || answer.is === 'empty'); times++) {
    const before = answer;
    await repository.settle(times, about.signal);
    answer = await askUpload(repository, before.url, about);
    if (offsetOf(answer) === offsetOf(before)) break;
  }
  return answer;
}

function offsetOf(answer: UploadAnswer): number | undefined {
  if (answer.is === 'empty') return 0;
  return answer.is === 'begun' ? answer.offset : undefined;
}

async function askUpload(repository: Repository, session: URL, about: AskedUpload): Promise<UploadAnswer> {
  const answer = await repository.send({ method: 'GET', url: session, signal: about.signal });
  const { status } = answer;
  const standing = judgeAsking({ status, range: answer.header('range'), size: about.size });
  if (standing.is === 'unclear') {
    const error = await repository.refusal(answer, `say how much it has of ${about.what}`);
    return { is: 'unclear', error, status, url: session };
  }
  await discard(answer);
  return { ...standing, url: (isSuccess(answer) ? locationOf(answer) : undefined) ?? session };
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
    const send = (method: 'DELETE' | 'GET', url: URL): Promise<Answer> =>
      repository.send({ method, url, signal });
    const answer = await send('DELETE', session);
    await discard(answer);
    // distribution wants the address that belongs to the bytes that it has by now.
    if (isSuccess(answer) || answer.status === 404) return;
    const asked = await send('GET', session);
    await discard(asked);
    const now = isSuccess(asked) ? locationOf(asked) : undefined;
    if (now !== undefined) await discard(await send('DELETE', now));
  } catch {
    // Registries clean up abandoned uploads by themselves, and what led here is the error that counts.
  }
}
