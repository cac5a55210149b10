import { constants, open, readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { thisMachine } from '../storage/machine.ts';
import { parseMountinfo, placeIn } from '../storage/mountinfo.ts';

/** What tells one Linux system from another (machine-id(5)); where there is none, the host's name must do. */
const MACHINE_ID = '/etc/machine-id';

/**
 * Names the storage that a folder of this machine lies on: what a record of its files is bound to. The device is part of
 * it, so that another disk that was mounted in its place is another storage; so is the folder's place on its file system,
 * which containers and bind mounts show under whatever path they like.
 * @returns undefined where the folder cannot be looked at: whoever reads it says why
 */
export async function storageName(directory: string): Promise<string | undefined> {
  try {
    const path = await realpath(directory);
    const { dev } = await stat(path, { bigint: true });
    return `local:${await machineName()}:${dev}:${(await placeOf(path)) ?? path}`;
  } catch {
    return undefined;
  }
}

/** Undefined where the kernel does not tell: it is none of Linux, or hides it. */
async function placeOf(path: string): Promise<string | undefined> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const info = await readFile(`/proc/self/fdinfo/${directory.fd}`, 'utf8');
    const mount = Number(/^mnt_id:\s*(\d+)$/m.exec(info)?.[1]);
    return placeIn(parseMountinfo(await thisMachine.mountinfo()), mount, path);
  } catch {
    return undefined;
  } finally {
    await directory.close();
  }
}

async function machineName(): Promise<string> {
  const id = await readFile(MACHINE_ID, 'utf8').catch(() => '');
  return id.trim() || hostname();
}
