import { StowageError } from '../errors.ts';
import { digestOf, isDigest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, MEDIA, type Descriptor } from '../oci/manifest.ts';
import { mediaTypeIn } from '../oci/media-type.ts';
import type { StoredManifest } from '../oci/target.ts';
import { discard, isSuccess, readAtMost, type Answer } from './answer.ts';
import type { Repository } from './repository.ts';
import { checkStoredDigest } from './stored-digest.ts';

const READABLE: readonly string[] = [MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerIndex];

/** Reads a manifest or index (distribution-spec, "Pulling manifests"). @returns undefined where there is none. */
export function readManifest(
  repository: Repository,
  tagOrDigest: string,
  signal: AbortSignal,
): Promise<StoredManifest | undefined> {
  const what = `${repository.name}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`;
  return repository.retrying(signal, async () => {
    const url = repository.url(`manifests/${tagOrDigest}`);
    const answer = await repository.send({
      method: 'GET',
      url,
      headers: { accept: READABLE.join(', ') },
      signal,
    });
    if (answer.status === 404) {
      await discard(answer);
      return undefined;
    }
    if (answer.status !== 200) throw await repository.refusal(answer, `give the manifest ${what}`);
    const bytes = await readAtMost(answer, MAX_MANIFEST_BYTES, `the manifest ${what}`);
    return stored(answer, bytes, tagOrDigest, what);
  });
}

function stored(answer: Answer, bytes: Uint8Array, tagOrDigest: string, what: string): StoredManifest {
  const digest = digestOf(bytes);
  if (isDigest(tagOrDigest) && digest !== tagOrDigest) {
    throw new StowageError(
      'RegistryCorrupt',
      `the registry holds other bytes under ${what}: their digest is ${digest}`,
    );
  }
  checkStoredDigest(answer, digest, what);
  return { descriptor: { mediaType: mediaTypeOf(answer, bytes), digest, size: bytes.length }, bytes };
}

/** Some registries and mirrors answer with a media type that says only JSON; the document says more. */
function mediaTypeOf(answer: Answer, bytes: Uint8Array): string {
  const [header = ''] = (answer.header('content-type') ?? '').split(';');
  const type = header.trim();
  return READABLE.includes(type) ? type : (mediaTypeIn(bytes) ?? type);
}

/**
 * Stores a manifest under its digest and, where given, a tag (distribution-spec, "Pushing Manifests").
 * @throws RegistryFailed, retryable, where the registry does not know a blob that it has just taken.
 */
export async function writeManifest(
  repository: Repository,
  mediaType: string,
  bytes: Uint8Array,
  options: { tag?: string; signal: AbortSignal },
): Promise<Descriptor> {
  return (await putManifest(repository, mediaType, bytes, options)).descriptor;
}

/** The same, with what the registry answered: its body is gone. */
export function putManifest(
  repository: Repository,
  mediaType: string,
  bytes: Uint8Array,
  { tag, signal }: { tag?: string; signal: AbortSignal },
): Promise<{ readonly descriptor: Descriptor; readonly answer: Answer }> {
  const digest = digestOf(bytes);
  const what = tag === undefined ? `${repository.name}@${digest}` : `${repository.name}:${tag}`;
  const url = repository.url(`manifests/${tag ?? digest}`);
  return repository.retrying(signal, async () => {
    const answer = await repository.send({
      method: 'PUT',
      url,
      headers: { 'content-type': mediaType },
      body: bytes,
      signal,
    });
    if (!isSuccess(answer)) throw await repository.refusal(answer, `store the manifest ${what}`);
    await discard(answer);
    checkStoredDigest(answer, digest, what);
    return { descriptor: { mediaType, digest, size: bytes.length }, answer };
  });
}
