import { StowageError } from '../errors.ts';
import type { BlobResult, BlobSource } from '../oci/blob.ts';
import type { WriteOptions } from '../oci/target.ts';
import { discard, isSuccess, type Answer } from './answer.ts';
import { hasBlob } from './blobs.ts';
import type { Repository } from './repository.ts';
import { checkStoredDigest } from './stored-digest.ts';
import { cancelUpload, locationOf, startUpload, withDigest } from './upload-session.ts';
import { UploadBody } from './upload-body.ts';

/**
 * So often a registry may forget an upload before the reason is not chance but its set-up. Each time costs sending
 * the whole blob again.
 */
const MAX_FORGOTTEN = 2;

/**
 * Uploads a blob in the one way that all registries take (distribution-spec, "Pushing blobs"): POST opens a session,
 * one streamed PATCH without Content-Range fills it, PUT names the digest that was computed on the way.
 * A failed try starts again from the first byte with a new session; the old one is cancelled. A blob whose digest is
 * known beforehand is not sent where the registry has it.
 * @throws what the source throws; RegistryAuth, RegistryNotFound, RegistryQuota, LayerTooLarge, RegistryCorrupt or
 * RegistryFailed by what the registry says; RegistryUnreachable, TlsUntrusted or Timeout where it says nothing.
 */
export async function uploadBlob(
  repository: Repository,
  source: BlobSource,
  options: WriteOptions,
): Promise<BlobResult> {
  const { digest, size } = source;
  if (digest !== undefined && size !== undefined && (await hasBlob(repository, digest, options.signal))) {
    return { digest, diffId: digest, size };
  }
  const upload = new BlobUpload(repository, source, options);
  return repository.retrying(options.signal, () => upload.attempt());
}

class BlobUpload {
  readonly #repository: Repository;
  readonly #source: BlobSource;
  readonly #options: WriteOptions;
  readonly #what: string;
  /** A token that ends during an upload is replaced once; a registry that refuses the new one too will go on refusing. */
  #renewed = false;
  #forgotten = 0;

  constructor(repository: Repository, source: BlobSource, options: WriteOptions) {
    this.#repository = repository;
    this.#source = source;
    this.#options = options;
    this.#what = `${JSON.stringify(source.name)} in ${repository.name}`;
  }

  async attempt(): Promise<BlobResult> {
    let session = await startUpload(this.#repository, this.#what, this.#options.signal);
    const body = new UploadBody(this.#source, this.#options);
    try {
      session = await this.#fill(session, body);
      const result = body.result ?? answeredTooEarly(this.#what);
      await this.#commit(session, result);
      return result;
    } catch (error) {
      await body.close();
      body.rollBack();
      await cancelUpload(this.#repository, session);
      throw body.failure ?? error;
    }
  }

  /** Sends the bytes. @returns where the session goes on. */
  async #fill(session: URL, body: UploadBody): Promise<URL> {
    if (this.#source.size === 0) {
      // Some registries refuse an empty PATCH; the PUT alone makes an empty blob.
      await body.drain();
      return session;
    }
    const answer = await this.#patch(session, body);
    if (!isSuccess(answer)) throw await this.#patchRefused(answer);
    await discard(answer);
    return locationOf(answer) ?? session;
  }

  #patch(session: URL, body: UploadBody): Promise<Answer> {
    const { size } = this.#source;
    return this.#repository.send({
      method: 'PATCH',
      url: session,
      headers: {
        'content-type': 'application/octet-stream',
        ...(size === undefined ? {} : { 'content-length': String(size) }),
      },
      body,
      within: this.#repository.timeouts.transfer,
      signal: this.#options.signal,
    });
  }

  async #patchRefused(answer: Answer): Promise<StowageError> {
    if (isForgotten(answer)) return this.#sessionForgotten(answer);
    if (answer.renewed !== true || this.#renewed)
      return this.#repository.refusal(answer, `store ${this.#what}`);
    this.#renewed = true;
    await discard(answer);
    return new StowageError(
      'RegistryAuth',
      `the token for ${this.#repository.name} ended during the upload`,
      { retryable: true },
    );
  }

  /**
   * The bytes are there; only their name is missing, so this is tried again by itself. A PUT that seems to have failed
   * may have succeeded: the registry is asked for the blob before it is told again.
   */
  async #commit(session: URL, { digest }: BlobResult): Promise<void> {
    const { signal } = this.#options;
    const url = withDigest(session, digest);
    const within = this.#repository.timeouts.finalise;
    const forgotten = await this.#repository.retrying(signal, async (attempt) => {
      if (attempt > 1 && (await hasBlob(this.#repository, digest, signal))) return undefined;
      const answer = await this.#repository.send({ method: 'PUT', url, within, signal });
      if (isForgotten(answer)) return answer;
      if (!isSuccess(answer)) throw await this.#repository.refusal(answer, `store ${this.#what}`);
      await discard(answer);
      checkStoredDigest(answer, digest, this.#what);
      return undefined;
    });
    if (forgotten !== undefined) throw await this.#sessionForgotten(forgotten);
  }

  /** distribution forgets a session when finalising it fails, and replicas that share too little never knew it. */
  async #sessionForgotten(answer: Answer): Promise<StowageError> {
    await discard(answer);
    this.#forgotten += 1;
    return new StowageError(
      'RegistryFailed',
      `the registry lost the upload of ${this.#what} (${answer.status})`,
      {
        retryable: this.#forgotten <= MAX_FORGOTTEN,
        hint: 'where several replicas serve a registry they must share storage and secret (in distribution: http.secret)',
      },
    );
  }
}

/** The session is not known, or its length is not what the address says: BLOB_UPLOAD_UNKNOWN, RANGE_INVALID. */
function isForgotten(answer: Answer): boolean {
  return answer.status === 404 || answer.status === 416;
}

function answeredTooEarly(what: string): never {
  throw new StowageError('RegistryFailed', `the registry said it had all of ${what} before it was sent`, {
    retryable: true,
  });
}
