import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { atomicWrite, writeError } from '../files/atomic-write.ts';
import { withLock } from '../files/lock.ts';

/** Reading and writing an object takes milliseconds; a lock held longer than this is not coming back. */
const OBJECT_LOCK_WAIT_MS = 10_000;

/** Names may have 253 characters; the file systems that allow least allow 143 bytes (eCryptfs), endings such as `.json.lock` included. */
const MAX_NAME_IN_FILE = 100;

interface Stored {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** All objects of one kind: a JSON file each, under `NAMESPACE/KIND/NAME.json`. */
export class Objects<T extends Stored> {
  readonly #directory: string;
  readonly #kind: string;
  readonly #schema: z.ZodType<T>;

  constructor(directory: string, kind: string, schema: z.ZodType<T>) {
    this.#directory = directory;
    this.#kind = kind;
    this.#schema = schema;
  }

  /** @throws StateUnusable where the file is there and cannot be read */
  async read(namespace: string, name: string): Promise<T | undefined> {
    return this.#readFile(this.#path(namespace, name));
  }

  /** Sorted by namespace and file name; of all namespaces where none is given. */
  async list(namespace?: string): Promise<T[]> {
    const namespaces = namespace === undefined ? await entries(this.#directory) : [namespace];
    const lists = namespaces.sort().map(async (each) => {
      const folder = join(this.#directory, each, this.#kind);
      const names = (await entries(folder)).filter((file) => file.endsWith('.json')).sort();
      return Promise.all(names.map((file) => this.#readFile(join(folder, file))));
    });
    return (await Promise.all(lists)).flat().filter((object) => object !== undefined);
  }

  /** @throws StateUnusable, OutOfDisk */
  async write(object: T): Promise<void> {
    const path = this.#path(object.metadata.namespace ?? 'default', object.metadata.name);
    await stateErrors(path, () => atomicWrite(path, `${JSON.stringify(object, null, 2)}\n`));
  }

  /** @throws StateUnusable */
  async remove(namespace: string, name: string): Promise<void> {
    const path = this.#path(namespace, name);
    await stateErrors(path, () => rm(path, { force: true }));
  }

  /**
   * Runs `work` while no other process of this machine holds the same object's lock. Makes the object's directory.
   * @throws StateBusy when another holds it for too long, StateUnusable, and what `work` throws
   */
  async locked<R>(
    namespace: string,
    name: string,
    work: () => Promise<R>,
    waitMs = OBJECT_LOCK_WAIT_MS,
  ): Promise<R> {
    const lock = `${this.#path(namespace, name)}.lock`;
    const what = `${this.#kind}/${name} in namespace ${namespace}`;
    return stateErrors(lock, () => withLock(lock, { waitMs, what }, work));
  }

  #path(namespace: string, name: string): string {
    return join(this.#directory, namespace, this.#kind, `${fileNameOf(name)}.json`);
  }

  async #readFile(path: string): Promise<T | undefined> {
    try {
      return this.#schema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw new StowageError('StateUnusable', `the state file ${path} cannot be read: ${messageOf(error)}`, {
        hint: 'Repair or remove the file; the image it speaks of is not touched.',
        cause: error,
      });
    }
  }
}

/** A long name as its beginning and a hash; no name that is short enough looks like that, because the result is too long for one. */
function fileNameOf(name: string): string {
  if (name.length <= MAX_NAME_IN_FILE) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, MAX_NAME_IN_FILE)}-${hash}`;
}

/** Says of a system call that failed which file of the state it was; a defect stays one. */
async function stateErrors<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw systemCode(error) === undefined ? error : writeError(error, path, 'StateUnusable');
  }
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw new StowageError(
      'StateUnusable',
      `the state directory ${directory} cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
