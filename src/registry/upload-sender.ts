import { StowageError } from '../errors.ts';
import type { BlobSource } from '../oci/blob.ts';
import type { WriteOptions } from '../oci/target.ts';
import { discard, type Answer } from './answer.ts';
import type { Repository } from './repository.ts';
import type { UploadBody } from './upload-body.ts';
import { chunkSize, judgePatch, offsetAfterChunk, smallerChunk } from './upload-next.ts';
import { headersOf, isWhole, mostOf, nextPart, type Part } from './upload-part.ts';
import type { UploadAt, UploadPlace } from './upload-place.ts';
import { locationOf } from './upload-session.ts';

/**
 * So often a registry may forget an upload before the reason is not chance but its set-up. Each time costs sending
 * the whole blob again.
 */
const MAX_FORGOTTEN = 2;

/**
 * So often a registry may have another number of bytes than it said, the request that broke may still be arriving; or
 * take less than all of a chunk.
 */
const MAX_ELSEWHERE = 4;

/** Sends the bytes of a blob, a request at a time, and does what the answers ask for. */
export class UploadSender {
  readonly #repository: Repository;
  readonly #source: BlobSource;
  readonly #place: UploadPlace;
  readonly #what: string;
  readonly #options: WriteOptions;
  /** A token that ends during an upload is replaced once; a registry that refuses the new one too will go on refusing. */
  #renewed = false;
  #forgotten = 0;
  #elsewhere = 0;
  /** Why chunks are sent, where a request was too large: it remains to be said where they fail too. */
  #tooLarge: StowageError | undefined;

  constructor(
    repository: Repository,
    blob: { readonly source: BlobSource; readonly place: UploadPlace; readonly what: string },
    options: WriteOptions,
  ) {
    this.#repository = repository;
    this.#source = blob.source;
    this.#place = blob.place;
    this.#what = blob.what;
    this.#options = options;
  }

  /** Since the last failure much has arrived: a token may end again. */
  progressed(): void {
    this.#renewed = false;
  }

  /**
   * Sends the next bytes and moves the place on; or closes the body, and the place is to be looked at anew.
   * @throws what keeps the upload from going on at once
   */
  async send(at: UploadAt, body: UploadBody): Promise<void> {
    const part = nextPart(at.offset, this.#source.size, this.#chunk());
    const answer = await this.#repository.send({
      method: 'PATCH',
      url: at.url,
      headers: headersOf(part),
      body: body.part(part.limit),
      within: this.#repository.timeouts.transfer,
      signal: this.#options.signal,
    });
    const verdict = judgePatch(answer.status, part.isPart);
    if (verdict !== 'taken') await body.close();
    switch (verdict) {
      case 'taken':
        return this.#taken(answer, part, body);
      case 'lost':
        await discard(answer);
        throw await this.forgotten(answer.status);
      case 'elsewhere':
        return this.#askAgain(answer, part);
      case 'no parts':
        await discard(answer);
        return this.#giveUpParts(part);
      case 'too large':
        return this.#trySmaller(answer, part);
      default:
        throw await this.#refused(answer);
    }
  }

  /** distribution forgets a session when finalising it fails, and replicas that share too little never knew it. */
  async forgotten(status: number): Promise<StowageError> {
    await this.#place.drop();
    this.#forgotten += 1;
    return new StowageError('RegistryFailed', `the registry lost the upload of ${this.#what} (${status})`, {
      retryable: this.#forgotten <= MAX_FORGOTTEN,
      hint: 'where several replicas serve a registry they must share storage and secret (in distribution: http.secret)',
    });
  }

  #chunk(): number | undefined {
    const { ways } = this.#repository;
    if (!ways.chunks) return undefined;
    return chunkSize({ chunkBytes: ways.chunkBytes, minChunk: this.#place.minChunk });
  }

  async #taken(answer: Answer, part: Part, body: UploadBody): Promise<void> {
    await discard(answer);
    if (!isWhole(part, body.position, body.result !== undefined)) throw answeredTooEarly(this.#what);
    const to = body.position;
    const offset = part.limit < Infinity ? offsetAfterChunk(answer.header('range'), part.from, to) : to;
    const isAll = offset === to;
    if (!isAll && ++this.#elsewhere > MAX_ELSEWHERE) return this.#giveUpParts(part);
    const further = this.#place.moved(locationOf(answer), offset);
    if (isAll && further) this.#elsewhere = 0;
  }

  async #askAgain(answer: Answer, part: Part): Promise<void> {
    await discard(answer);
    this.#elsewhere += 1;
    if (this.#elsewhere > MAX_ELSEWHERE) return this.#giveUpParts(part);
    this.#place.lostTrack();
    await this.#repository.settle(this.#elsewhere - 1, this.#options.signal);
  }

  /** The whole blob in one request is what all registries take. @throws LayerTooLarge where this one does not */
  async #giveUpParts(part: Part): Promise<void> {
    if (this.#tooLarge !== undefined) throw this.#tooLarge;
    this.#elsewhere = 0;
    if (part.limit < Infinity) this.#repository.ways.chunks = false;
    else this.#repository.ways.resumes = false;
    await this.#place.drop();
  }

  async #trySmaller(answer: Answer, part: Part): Promise<void> {
    const { ways } = this.#repository;
    const refusal = await this.#repository.refusal(answer, `store ${this.#what}`);
    const smaller = ways.chunks ? smallerChunk(mostOf(part), this.#place.minChunk) : undefined;
    if (smaller === undefined) throw refusal;
    this.#tooLarge = refusal;
    ways.chunkBytes = Math.min(smaller, ways.chunkBytes ?? Infinity);
    this.#place.lostTrack();
  }

  async #refused(answer: Answer): Promise<StowageError> {
    if (answer.status === 500) this.#place.brokenAnswer();
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
}

function answeredTooEarly(what: string): StowageError {
  return new StowageError('RegistryFailed', `the registry said it had all of ${what} before it was sent`, {
    retryable: true,
  });
}
