import type { BlobSource } from '../oci/blob.ts';
import type { WriteOptions } from '../oci/target.ts';
import type { Repository } from './repository.ts';
import { mayGoOn } from './upload-next.ts';
import { UploadRecord } from './upload-record.ts';
import { askSettled, cancelUpload, startUpload } from './upload-session.ts';
import { UploadTally } from './upload-tally.ts';

/**
 * What is handed over may be lost on the way; with fewer bytes than this it is not worth coming back for. Of a build, as
 * many uploads as are under way are cancelled for it.
 */
const LEFT_FROM_BYTES = 2 * 1024 * 1024;

/** No more is on the way in the buffers of both ends: Linux gives a connection 4 MiB to send and 6 MiB to receive. */
const IN_BUFFERS_BYTES = 10 * 1024 * 1024;

/**
 * So often an upload may end in 500 without getting further before another is opened: it is broken at the registry. Other
 * errors come from what is around a registry that is being restarted, and pass.
 */
const MAX_BROKEN_ANSWERS = 3;

/** An upload at a registry, and where it goes on. */
export interface UploadAt {
  readonly url: URL;
  /** The first byte that the registry has not got. */
  readonly offset: number;
}

/** The session that a blob's bytes go into, from one to the next where one is lost. */
export class UploadPlace {
  /** How far the blob has come. */
  readonly tally: UploadTally;
  readonly #repository: Repository;
  readonly #source: BlobSource;
  readonly #options: WriteOptions;
  readonly #what: string;
  readonly #record: UploadRecord;
  #url: URL | undefined;
  /** Undefined: only the registry knows. */
  #offset: number | undefined;
  #minChunk: number | undefined;
  /** Whether an earlier process has begun the session. */
  #inherited = false;
  /** Whether an earlier process has, or may have, stored the blob. */
  #perhapsStored = false;
  #looked = false;
  #brokenAnswers = 0;

  constructor(
    repository: Repository,
    { source, what }: { readonly source: BlobSource; readonly what: string },
    options: WriteOptions,
  ) {
    this.#repository = repository;
    this.#source = source;
    this.#options = options;
    this.#what = what;
    this.#record = new UploadRecord(repository, source.key);
    this.tally = new UploadTally(options.onBytes);
  }

  /** What the registry wants a chunk to have at least. */
  get minChunk(): number | undefined {
    return this.#minChunk;
  }

  /**
   * Where the next byte goes: into the upload that is under way, one that an earlier process left, or a new one.
   * @returns undefined where the blob is perhaps stored: it goes on when `notStored` was called
   */
  async ready(): Promise<UploadAt | undefined> {
    for (;;) {
      if (this.#perhapsStored) return undefined;
      if (this.#url === undefined) await this.#begin();
      if (this.#offset === undefined) await this.ask();
      if (this.#url !== undefined && this.#offset !== undefined)
        return { url: this.#url, offset: this.#offset };
    }
  }

  /** The registry has been asked for the blob, and has not got it. */
  notStored(): void {
    this.#perhapsStored = false;
    this.tally.tell(0);
  }

  /**
   * The registry has the bytes before the offset.
   * @param url where it goes on, if elsewhere than before
   * @returns whether it has much more than ever before
   */
  moved(url: URL | undefined, offset: number): boolean {
    if (url !== undefined && url.href !== this.#url?.href) {
      this.#url = url;
      this.#record.keep(url);
    }
    this.#offset = offset;
    const further = this.tally.confirm(offset);
    if (further) this.#brokenAnswers = 0;
    return further;
  }

  /** Something went wrong: only the registry knows how far it has come. */
  lostTrack(): void {
    this.#offset = undefined;
  }

  /** The registry has failed with the upload. */
  brokenAnswer(): void {
    this.#brokenAnswers += 1;
  }

  /** Asks the registry how far it has come, and lets go of an upload that cannot go on. */
  async ask(): Promise<void> {
    const url = this.#url;
    if (url === undefined) return;
    const { ways } = this.#repository;
    if (!ways.resumes || this.#brokenAnswers >= MAX_BROKEN_ANSWERS) return this.drop();
    const { signal } = this.#options;
    const about = { what: this.#what, size: this.#source.size, signal };
    const answer = await askSettled(this.#repository, url, about);
    if (answer.is === 'begun') {
      this.moved(answer.url, answer.offset);
      return;
    }
    if (answer.is === 'unclear') {
      if (answer.status === 500) this.brokenAnswer();
      throw answer.error;
    }
    if (answer.is === 'untold') ways.resumes = false;
    if (answer.is === 'empty' && this.tally.told >= IN_BUFFERS_BYTES) ways.keptNothing();
    // The process that began it may have ended between storing the blob and saying so.
    this.#perhapsStored = answer.is === 'lost' && this.#inherited;
    await this.drop();
  }

  /** Asks now, if that can be. Where it fails, the next try asks. */
  async askSoon(): Promise<void> {
    if (this.#url === undefined) return;
    try {
      await this.ask();
    } catch {
      // What led here is the error that counts.
    }
  }

  /** Cancels the upload: the next byte is the blob's first, in another. */
  async drop(): Promise<void> {
    const url = this.#url;
    this.#url = undefined;
    this.#offset = undefined;
    this.#inherited = false;
    this.tally.tell(0);
    if (url === undefined) return;
    await Promise.all([cancelUpload(this.#repository, url), this.#record.forget()]);
  }

  /** The blob is stored. */
  async done(): Promise<void> {
    await this.#record.stored();
  }

  /** Nothing more is sent. The upload stays for the next process where that could go on with it, else it is cancelled. */
  async leave(error: unknown): Promise<void> {
    const url = this.#url;
    const { ways } = this.#repository;
    const worthIt = this.#inherited || this.tally.told >= LEFT_FROM_BYTES;
    const possible = url !== undefined && ways.resumes && (await this.#record.remembers());
    const goesOn = this.#options.signal.aborted || mayGoOn(error, this.#inherited);
    if (possible && worthIt && goesOn) {
      this.tally.tell(0);
      ways.unfinished += 1;
    } else {
      await this.drop();
    }
    await this.#record.release();
  }

  async #begin(): Promise<void> {
    const left = this.#looked ? undefined : await this.#record.take();
    this.#looked = true;
    this.#brokenAnswers = 0;
    this.#inherited = left instanceof URL;
    this.#perhapsStored = left === 'stored';
    if (left instanceof URL) this.#url = left;
    if (left !== undefined) return;
    const { url, minChunk } = await startUpload(this.#repository, this.#what, this.#options.signal);
    this.#url = url;
    this.#minChunk = minChunk;
    this.#offset = 0;
    this.#record.keep(url);
  }
}
