import type { KeptUploads } from '../oci/kept-uploads.ts';
import { keptLocation, mayBeKept } from './kept-location.ts';
import type { Repository } from './repository.ts';

/**
 * What is remembered of one blob's upload beyond the end of this process. Whatever goes wrong with it only costs sending
 * bytes again some day: nothing here fails, and nothing waits for a disk while it could send.
 */
export class UploadRecord {
  readonly #repository: Repository;
  readonly #kept: KeptUploads | undefined;
  readonly #key: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(repository: Repository, key: string | undefined) {
    this.#repository = repository;
    this.#kept = repository.ways.kept;
    this.#key = key;
  }

  /** Whether anything can be remembered of this blob. */
  get possible(): boolean {
    return this.#kept !== undefined && this.#key !== undefined;
  }

  /** Where an earlier process left off. */
  async take(): Promise<URL | undefined> {
    const location = await this.#after((kept, name, key) => kept.take(name, key));
    return location === undefined ? undefined : keptLocation(this.#repository, location);
  }

  keep(url: URL): void {
    if (mayBeKept(this.#repository, url))
      void this.#after((kept, name, key) => kept.keep(name, key, url.href));
    else void this.#after((kept, name, key) => kept.forget(name, key));
  }

  async forget(): Promise<void> {
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
