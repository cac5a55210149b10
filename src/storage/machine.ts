import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Ended } from './run.ts';

/** What finding and making mounts asks of a machine. */
export interface Machine {
  /** Whether mounts can be found and made: on Linux. */
  readonly mounts: boolean;
  /** Text of /proc/self/mountinfo; "" on a system without one. */
  mountinfo(): Promise<string>;
  /** Whether this process may mount, as far as it can be known before. */
  readonly mayMount: boolean;
  /** Whether there is a program that mounts this type of file system. */
  hasHelper(type: string): boolean;
  /** See run.ts. */
  run(call: readonly string[], within: number, signal?: AbortSignal): Promise<Ended>;
  /** All addresses of a name; none where it is not known, or not known in time. */
  addresses(name: string): Promise<readonly string[]>;
  /** The state files of efs-utils by their names; none where they may not be read. */
  efsStates(): Promise<ReadonlyMap<string, string>>;
  /** A new directory that nobody else may enter, as the table of mounts would name it: absolute, without links. */
  makeDirectory(): Promise<string>;
  /** Removes a directory that is empty, and nothing else. */
  removeDirectory(path: string): Promise<void>;
}

/** How long a name server is waited for, in milliseconds: it only helps to find a mount by another name. */
const LOOKUP = 5000;

const EFS_STATES = '/var/run/efs';

/** Where mount(8) looks for them. */
const HELPERS = ['/sbin', '/usr/sbin', '/sbin/fs.d', '/sbin/fs'];

export const thisMachine: Machine = {
  mountinfo: () => readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  mounts: process.platform === 'linux',
  mayMount: process.geteuid?.() === 0,
  hasHelper: (type) => HELPERS.some((directory) => existsSync(`${directory}/mount.${type}`)),
  run,
  async addresses(name) {
    const { promise: late, resolve } = Promise.withResolvers<{ readonly address: string }[]>();
    const timer = setTimeout(resolve, LOOKUP, []);
    const found = await Promise.race([lookup(name, { all: true }).catch(() => []), late]);
    clearTimeout(timer);
    return found.map(({ address }) => address);
  },
  async efsStates() {
    const names = await readdir(EFS_STATES).catch(() => []);
    const states = names
      // "~" is in the making, and what ends in "+" is a directory.
      .filter((name) => name.startsWith('fs-') && !name.endsWith('+'))
      .map(async (name) => {
        const text = await readFile(join(EFS_STATES, name), 'utf8').catch(() => undefined);
        return text === undefined ? [] : [[name, text] as const];
      });
    return new Map((await Promise.all(states)).flat());
  },
  makeDirectory: async () => realpath(await mkdtemp(join(tmpdir(), 'stowage-mount-'))),
  removeDirectory: (path) => rmdir(path),
};
