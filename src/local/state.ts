import { readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { Model } from '../api/model.ts';
import { ModelVersion } from '../api/modelversion.ts';
import { messageOf, StowageError, systemCode } from '../errors.ts';
import { atomicWrite, writeError } from '../files/atomic-write.ts';
import { withLock } from '../files/lock.ts';
import type { Report } from '../pack/report.ts';

/** Reading and writing an object takes milliseconds; a lock held longer than this is not coming back. */
const OBJECT_LOCK_WAIT_MS = 10_000;

/**
 * Where this machine keeps Models and ModelVersions with their status: STOWAGE_STATE, else `stowage` in the XDG state
 * directory (XDG Base Directory Specification, 0.8).
 */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['STOWAGE_STATE']) return environment['STOWAGE_STATE'];
  const state = environment['XDG_STATE_HOME'];
  // The specification says that a relative path there is to be ignored.
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'stowage');
}

/** The objects of one machine: a JSON file each, under `NAMESPACE/KIND/NAME.json`. */
export class State {
  readonly directory: string;
  readonly models: Objects<Model>;
  readonly modelVersions: Objects<ModelVersion>;

  constructor(directory: string) {
    this.directory = directory;
    this.models = new Objects(directory, 'models', Model);
    this.modelVersions = new Objects(directory, 'modelversions', ModelVersion);
  }

  /** What the build of a version that is Ready reported. */
  async readReport(namespace: string, name: string): Promise<Report | undefined> {
    try {
      return JSON.parse(await readFile(this.#report(namespace, name), 'utf8')) as Report;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async writeReport(namespace: string, name: string, report: Report): Promise<void> {
    await atomicWrite(this.#report(namespace, name), `${JSON.stringify(report, null, 2)}\n`);
  }

  #report(namespace: string, name: string): string {
    return join(this.directory, namespace, 'reports', `${name}.json`);
  }
}

interface Stored {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** All objects of one kind. */
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

  /** Sorted by namespace and name; of all namespaces where none is given. */
  async list(namespace?: string): Promise<T[]> {
    const namespaces = namespace === undefined ? await entries(this.#directory) : [namespace];
    const lists = namespaces.sort().map(async (each) => {
      const folder = join(this.#directory, each, this.#kind);
      const names = (await entries(folder)).filter((file) => file.endsWith('.json')).sort();
      return Promise.all(names.map((file) => this.#readFile(join(folder, file))));
    });
    return (await Promise.all(lists)).flat().filter((object) => object !== undefined);
  }

  async write(object: T): Promise<void> {
    const path = this.#path(object.metadata.namespace ?? 'default', object.metadata.name);
    try {
      await atomicWrite(path, `${JSON.stringify(object, null, 2)}\n`);
    } catch (error) {
      throw writeError(error, path, 'StateUnusable');
    }
  }

  /** Whether there was such an object. */
  async remove(namespace: string, name: string): Promise<boolean> {
    const known = (await this.read(namespace, name)) !== undefined;
    await rm(this.#path(namespace, name), { force: true });
    return known;
  }

  /** Runs `work` while no other process of this machine holds the same object's lock. */
  async locked<R>(
    namespace: string,
    name: string,
    work: () => Promise<R>,
    waitMs = OBJECT_LOCK_WAIT_MS,
  ): Promise<R> {
    const lock = `${this.#path(namespace, name)}.lock`;
    return withLock(lock, { waitMs, what: `${this.#kind}/${name} in namespace ${namespace}` }, work).catch(
      (error: unknown) => {
        throw error instanceof StowageError || systemCode(error) === undefined
          ? error
          : writeError(error, lock, 'StateUnusable');
      },
    );
  }

  #path(namespace: string, name: string): string {
    return join(this.#directory, namespace, this.#kind, `${name}.json`);
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
