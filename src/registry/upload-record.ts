import type { KeptUpload, KeptUploads } from '../oci/kept-uploads.ts';
import { keptLocation, mayBeKept } from './kept-location.ts';
import type { Repository } from './repository.ts';

/** What an earlier process left of a blob: an upload that goes on here, or word that it was stored. */
export type Left = URL | 'stored' | undefined;

/**
 * What is remembered of one blob's upload beyond the end of this process. Whatever goes wrong with it only costs sending
 * bytes again some day: nothing here fails, and nothing waits for a disk while it could send.
 */
export class UploadRecord {
  readonly #repository: Repository;
  readonly #kept: KeptUploads | undefined;
  readonly #key: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #remembers: Promise<boolean> = Promise.resolve(false);

  constructor(repository: Repository, key: string | undefined) {
    this.#repository = repository;
    this.#kept = repository.ways.kept;
    this.#key = key;
  }

  /** Whether the next process will find where the upload goes on. */
  remembers(): Promise<boolean> {
    return this.#remembers;
  }

  async take(): Promise<Left> {
    const left = await this.#after<KeptUpload | undefined>((kept, name, key) => kept.take(name, key));
    if (left === undefined) return undefined;
    if (left.location === undefined) return 'stored';
    const url = keptLocation(this.#repository, left.location);
    this.#remembers = Promise.resolve(url !== undefined);
    return url;
  }

  keep(url: URL): void {
    if (!mayBeKept(this.#repository, url)) return void this.forget();
    const kept = this.#after((uploads, name, key) => uploads.keep(name, key, url.href));
    this.#remembers = kept.then((is) => is === true);
  }

  async stored(): Promise<void> {
    await this.#after((kept, name, key) => kept.stored(name, key));
  }

  async forget(): Promise<void> {
    this.#remembers = Promise.resolve(false);
    await this.#after((kept, name, key) => kept.forget(name, key));
  }

  async release(): Promise<void> {
    await this.#after((kept, name, key) => kept.release(name, key));
  }

  /** One after the other, in the order they were asked for. */
  #after<T>(
    work: (kept: KeptUploads, repository: string, key: string) => Promise<T>,
  ): Promise<T | undefined> {
    const { name } = this.#repository;
    const [kept, key] = [this.#kept, this.#key];
    if (kept === undefined || key === undefined) return Promise.resolve(undefined);
    const done = this.#last.then(() => work(kept, name, key)).catch(() => undefined);
    this.#last = done;
    return done;
  }
}
