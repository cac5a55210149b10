import { StowageError } from '../errors.ts';
import { readThrough, type BlobResult, type BlobSource } from '../oci/blob.ts';
import { asPromised } from '../oci/promised.ts';
import type { WriteOptions } from '../oci/target.ts';
import { hasBlob } from './blobs.ts';
import type { Repository } from './repository.ts';
import { isWorthRetrying } from './retry.ts';
import { UploadBody } from './upload-body.ts';
import { commitUpload } from './upload-commit.ts';
import { UploadPlace, type UploadAt } from './upload-place.ts';
import { UploadSender } from './upload-sender.ts';

/**
 * Uploads a blob in the way that all registries take (distribution-spec, "Pushing blobs"): POST opens a session, one
 * streamed PATCH without Content-Range fills it, PUT names the digest that was computed on the way. Where that breaks,
 * the registry is asked what it has, and the rest is sent; where it cannot say, or does not take a rest, the whole blob
 * is sent again in a new session. Where requests are limited in size, or the registry wants it, it is sent in chunks.
 * A blob whose digest is known beforehand is not sent where the registry has it.
 * @throws what the source throws; RegistryAuth, RegistryNotFound, RegistryQuota, LayerTooLarge, RegistryCorrupt or
 * RegistryFailed by what the registry says; RegistryUnreachable, TlsUntrusted or Timeout where it says nothing.
 */
export async function uploadBlob(
  repository: Repository,
  source: BlobSource,
  options: WriteOptions,
): Promise<BlobResult> {
  const { digest, size } = source;
  if (digest !== undefined && size !== undefined && (await hasBlob(repository, digest, options))) {
    return { digest, diffId: digest, size };
  }
  return new BlobUpload(repository, source, options).run();
}

class BlobUpload {
  readonly #repository: Repository;
  readonly #source: BlobSource;
  readonly #options: WriteOptions;
  readonly #what: string;
  readonly #place: UploadPlace;
  readonly #sender: UploadSender;
  #body: UploadBody | undefined;
  /** Whether the registry has put together what it has out of several requests. */
  #inParts = false;
  /** Whether that was wrong once. */
  #wrongParts = false;

  constructor(repository: Repository, source: BlobSource, options: WriteOptions) {
    const what = `${JSON.stringify(source.name)} in ${repository.name}`;
    const place = new UploadPlace(repository, { source, what }, options);
    this.#repository = repository;
    this.#source = source;
    this.#options = options;
    this.#what = what;
    this.#place = place;
    this.#sender = new UploadSender(repository, { source, place, what }, options);
  }

  async run(): Promise<BlobResult> {
    const hooks = { progressed: () => this.#progressed(), onTrouble: this.#options.onTrouble };
    try {
      const result = await this.#repository.retrying(this.#options.signal, () => this.#attempt(), hooks);
      await this.#place.done();
      return result;
    } catch (error) {
      await this.#place.leave(error);
      throw error;
    }
  }

  #progressed(): boolean {
    const progressed = this.#place.tally.progressed();
    if (progressed) this.#sender.progressed();
    return progressed;
  }

  async #attempt(): Promise<BlobResult> {
    try {
      for (;;) {
        const at = await this.#place.ready();
        const result = at === undefined ? await this.#ifStored() : await this.#goOn(at);
        if (result !== undefined) return result;
      }
    } catch (error) {
      throw await this.#broken(error);
    }
  }

  /** Sends the next bytes, or stores the blob. @returns what it is, when it is stored */
  async #goOn({ url, offset }: UploadAt): Promise<BlobResult | undefined> {
    const body = await this.#bodyFrom(offset);
    if (await body.atEnd()) return this.#commit(url, body.all());
    if (offset > 0) this.#inParts = true;
    await this.#sender.send({ url, offset }, body);
    return undefined;
  }

  /** A blob that an earlier process seems to have stored is read for its digest, and asked for by it. */
  async #ifStored(): Promise<BlobResult | undefined> {
    const { tally } = this.#place;
    tally.tell(0);
    const stream = this.#source.open(this.#options.signal);
    const result = asPromised(this.#source, await readThrough(stream, (bytes) => tally.handedOver(bytes)));
    if (await hasBlob(this.#repository, result.digest, this.#options)) return result;
    this.#place.notStored();
    return undefined;
  }

  /** One reading serves all requests, as long as each goes on where the last one ended. */
  async #bodyFrom(offset: number): Promise<UploadBody> {
    if (this.#body?.closed === false && this.#body.position === offset) return this.#body;
    await this.#body?.close();
    this.#inParts = offset > 0;
    const onBytes = (bytes: number): void => this.#place.tally.handedOver(bytes);
    return (this.#body = new UploadBody(this.#source, offset, { ...this.#options, onBytes }));
  }

  async #commit(url: URL, result: BlobResult): Promise<BlobResult> {
    const { digest } = result;
    const lost = await commitUpload(this.#repository, { url, digest, what: this.#what }, this.#options).catch(
      async (error: unknown) => {
        throw await this.#explained(error);
      },
    );
    if (lost !== undefined) throw await this.#sender.forgotten(lost);
    return result;
  }

  /**
   * Where the registry has other bytes than were sent in parts, it may have put them together wrongly; or what an earlier
   * process sent was compressed in another way. Once all is sent again in one.
   */
  async #explained(error: unknown): Promise<unknown> {
    const isWrong = error instanceof StowageError && error.code === 'RegistryCorrupt';
    if (!isWrong || !this.#inParts || this.#wrongParts) return error;
    this.#wrongParts = true;
    this.#repository.ways.resumes = false;
    await this.#place.drop();
    return new StowageError(error.code, error.message, { retryable: true, cause: error });
  }

  /** Ends the reading, and asks at once what the registry has got, so that the next try knows whether it is worth while. */
  async #broken(error: unknown): Promise<unknown> {
    const failure = this.#body?.failure ?? error;
    await this.#body?.close();
    this.#body = undefined;
    this.#place.lostTrack();
    if (this.#options.signal.aborted || !isWorthRetrying(failure, true)) return failure;
    // Who asks for a pause is given it.
    const isBusy =
      failure instanceof StowageError &&
      (failure.code === 'RegistryQuota' || failure.retryAfter !== undefined);
    if (!isBusy) await this.#place.askSoon();
    return failure;
  }
}
