import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { tryLock, unlock } from '../files/lock.ts';
import type { KeptUpload, KeptUploads } from '../oci/kept-uploads.ts';

/** Registries forget an upload after a week at the latest (distribution: storage.maintenance.uploadpurging). */
const FORGOTTEN_AFTER_MS = 7 * 24 * 60 * 60 * 1000;
/** Whoever comes back to a build that broke does so sooner. An upload for the same image is not waited for at all. */
const ABANDONED_AFTER_MS = 6 * 60 * 60 * 1000;
/** Of a file with an upload; a location has some hundred bytes. */
const MAX_FILE_BYTES = 64 * 1024;

const Entry = z.object({
  repository: z.string(),
  key: z.string(),
  /** Left out where the blob was stored. */
  location: z.string().exactOptional(),
  /** The image that the upload is for. */
  image: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});
type Entry = z.infer<typeof Entry>;

/**
 * The uploads of this machine, a file each. Whoever can read one may be able to write to the upload, so they are for
 * their owner alone. An upload belongs to the process that holds its lock; a process that has died holds none.
 */
export class UploadFiles implements KeptUploads {
  readonly #directory: string;
  readonly #image: string;
  readonly #now: () => number;
  /** Names of the files that are this object's. */
  readonly #mine = new Set<string>();

  /**
   * @param state the state directory
   * @param image that is built: what was left of earlier builds of it is of no use to anybody else
   */
  constructor(state: string, image: string, now: () => number = Date.now) {
    this.#directory = join(state, 'uploads');
    this.#image = image;
    this.#now = now;
  }

  async take(repository: string, key: string): Promise<KeptUpload | undefined> {
    const name = nameOf(repository, key);
    if (!(await this.#claim(name))) return undefined;
    const entry = await this.#read(name);
    const usable = entry?.repository === repository && entry.key === key && !this.#isForgotten(entry);
    return usable ? uploadOf(entry) : undefined;
  }

  keep(repository: string, key: string, location: string): Promise<boolean> {
    return this.#write(repository, { key, location });
  }

  async stored(repository: string, key: string): Promise<void> {
    await this.#write(repository, { key });
    await this.#let(nameOf(repository, key));
  }

  async forget(repository: string, key: string): Promise<void> {
    const name = nameOf(repository, key);
    if (!this.#mine.has(name)) return;
    await this.#remove(name);
    await this.#let(name);
  }

  async release(repository: string, key: string): Promise<void> {
    await this.#let(nameOf(repository, key));
  }

  async takeLeftovers(
    repository: string,
    keys: ReadonlySet<string>,
    limit: number,
  ): Promise<readonly KeptUpload[]> {
    const files = (await readdir(this.#directory).catch(() => [])).filter((file) => file.endsWith('.json'));
    const taken: KeptUpload[] = [];
    for (const name of files.map((file) => file.slice(0, -'.json'.length))) {
      const entry = await this.#read(name);
      const left = entry !== undefined && this.#isLeft(entry, repository, keys);
      if (entry !== undefined && !left && !this.#isForgotten(entry)) continue;
      const toCancel = left && entry.location !== undefined;
      if ((toCancel && taken.length >= limit) || !(await this.#claim(name))) continue;
      await this.#remove(name);
      await this.#let(name);
      if (toCancel) taken.push(uploadOf(entry));
    }
    return taken;
  }

  async #write(repository: string, { key, ...where }: KeptUpload): Promise<boolean> {
    const name = nameOf(repository, key);
    if (!(await this.#claim(name))) return false;
    const entry: Entry = { repository, key, ...where, image: this.#image, at: this.#now() };
    // Not synced: that would take longer than sending megabytes, and what a crash of the machine loses here costs no more.
    await writeFile(this.#partial(name), JSON.stringify(entry), { mode: 0o600 });
    await rename(this.#partial(name), this.#file(name));
    return true;
  }

  #isLeft(entry: Entry, repository: string, keys: ReadonlySet<string>): boolean {
    if (entry.repository !== repository || keys.has(entry.key)) return false;
    return entry.image === this.#image || this.#now() - entry.at > ABANDONED_AFTER_MS;
  }

  #isForgotten({ at }: Entry): boolean {
    return this.#now() - at > FORGOTTEN_AFTER_MS;
  }

  /** Undefined where there is none, or nothing that can be understood. */
  async #read(name: string): Promise<Entry | undefined> {
    try {
      const { size } = await stat(this.#file(name));
      if (size > MAX_FILE_BYTES) return undefined;
      return Entry.safeParse(JSON.parse(await readFile(this.#file(name), 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  async #claim(name: string): Promise<boolean> {
    if (this.#mine.has(name)) return true;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    // A container that was killed is followed by another within seconds. Should both run: two at one upload cost bytes.
    const claimed = await tryLock(this.#lock(name), 0);
    if (claimed) this.#mine.add(name);
    return claimed;
  }

  async #let(name: string): Promise<void> {
    if (this.#mine.delete(name)) await unlock(this.#lock(name));
  }

  async #remove(name: string): Promise<void> {
    await Promise.all([this.#file(name), this.#partial(name)].map((path) => rm(path, { force: true })));
  }

  /** Only who holds the lock writes it. */
  #partial(name: string): string {
    return join(this.#directory, `${name}.partial`);
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.json`);
  }

  #lock(name: string): string {
    return join(this.#directory, `${name}.lock`);
  }
}

function uploadOf({ key, location }: Entry): KeptUpload {
  return location === undefined ? { key } : { key, location };
}

function nameOf(repository: string, key: string): string {
  return createHash('sha256').update(`${repository}\n${key}`).digest('hex').slice(0, 32);
}
