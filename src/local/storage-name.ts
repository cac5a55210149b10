import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What tells one Linux system from another (machine-id(5)); where there is none, the host's name must do. */
const MACHINE_ID = '/etc/machine-id';

/**
 * Names the storage that a folder of this machine lies on: what a record of its files is bound to. The device is part of
 * it, so that another disk that was mounted in its place is another storage.
 * @returns undefined where the folder cannot be looked at: whoever reads it says why
 */
export async function storageName(directory: string): Promise<string | undefined> {
  try {
    const path = await realpath(directory);
    const { dev } = await stat(path, { bigint: true });
    return `local:${await machineName()}:${dev}:${path}`;
  } catch {
    return undefined;
  }
}

async function machineName(): Promise<string> {
  const id = await readFile(MACHINE_ID, 'utf8').catch(() => '');
  return id.trim() || hostname();
}
