import { asStowageError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { WriteOptions } from '../oci/target.ts';
import { verified } from '../oci/verified.ts';
import { discard, type Answer } from './answer.ts';
import type { Repository } from './repository.ts';
import { unreachable } from './unreachable.ts';
import { cancelUpload, locationOf } from './upload-session.ts';

export type Asking = Pick<WriteOptions, 'signal' | 'onTrouble'>;

/** Asks whether the repository has a blob (distribution-spec, "Checking if content exists in the registry"). */
export function hasBlob(
  repository: Repository,
  digest: Digest,
  { signal, onTrouble }: Asking,
): Promise<boolean> {
  const ask = async (): Promise<boolean> => {
    const answer = await repository.send({
      method: 'HEAD',
      url: repository.url(`blobs/${digest}`),
      signal,
    });
    if (answer.status !== 200 && answer.status !== 404)
      throw await repository.refusal(answer, `say whether ${repository.name} has ${digest}`);
    await discard(answer);
    return answer.status === 200;
  };
  return repository.retrying(signal, ask, { onTrouble });
}

/**
 * The bytes of a blob, checked against size and digest as they pass. Only the beginning is tried again.
 * @throws RegistryCorrupt, RegistryNotFound, and what `Http.send` throws.
 */
export function readBlob(
  repository: Repository,
  blob: Descriptor,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return verified(chunksOf(repository, blob, signal), blob, repository.name);
}

async function* chunksOf(
  repository: Repository,
  blob: Descriptor,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  const answer = await repository.retrying(signal, () => getBlob(repository, blob, signal));
  try {
    yield* answer.body;
  } catch (error) {
    throw signal.aborted ? asStowageError(signal.reason) : unreachable(error, answer.url);
  }
}

async function getBlob(repository: Repository, blob: Descriptor, signal: AbortSignal): Promise<Answer> {
  const answer = await repository.send({
    method: 'GET',
    url: repository.url(`blobs/${blob.digest}`),
    signal,
  });
  if (answer.status === 200) return answer;
  throw await repository.refusal(answer, `give ${blob.digest} of ${repository.name}`);
}

/**
 * Lets the registry take a blob from another of its repositories (distribution-spec, "Mounting a blob from another
 * repository"). Whatever it answers but "created" means that the blob must be sent: registries that cannot mount open
 * an upload instead, some answer an error (https://github.com/google/go-containerregistry/issues/1741).
 */
export function mountBlob(
  repository: Repository,
  blob: Descriptor,
  from: string,
  { signal, onTrouble }: Asking,
): Promise<boolean> {
  const url = repository.url(
    `blobs/uploads/?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}`,
  );
  const mount = async (): Promise<boolean> => {
    const answer = await repository.send({
      method: 'POST',
      url,
      alsoPull: from,
      signal,
    });
    await discard(answer);
    if (answer.status === 201) return true;
    const opened = answer.status === 202 ? locationOf(answer) : undefined;
    if (opened !== undefined) await cancelUpload(repository, opened);
    return false;
  };
  return repository.retrying(signal, mount, { onTrouble });
}
