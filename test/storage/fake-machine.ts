import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { thisMachine, type Machine } from '../../src/storage/machine.ts';
import { run, type Ended } from '../../src/storage/run.ts';

/** What a test says of a machine; the rest is as on one where root may mount everything and nothing is mounted. */
interface Saying {
  readonly mountinfo?: readonly string[];
  readonly mounts?: boolean;
  readonly mayMount?: boolean;
  readonly helpers?: readonly string[];
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  readonly efsStates?: Readonly<Record<string, string>>;
  /** What mount answers. Default: it mounts a file system with one file, model.gguf. */
  readonly mount?: Ended;
  /** What unmounting answers; it takes effect where the code is 0. Default: it unmounts. */
  readonly umount?: (call: readonly string[]) => Ended;
  /** What looking at a directory answers. Default: the truth. */
  readonly stat?: Ended;
}

export interface FakeMachine extends Machine {
  /** All programs that were run but for `stat`. */
  readonly calls: string[];
  /** Directories that were made and not removed. */
  readonly left: Set<string>;
}

/** A machine whose mounts are written down only. A mount is there while its directory has a file. */
export function fakeMachine(saying: Saying = {}): FakeMachine {
  const calls: string[] = [];
  const left = new Set<string>();
  const table = [...(saying.mountinfo ?? [])];
  const done: Ended = { code: 0, output: '' };
  const act = (call: readonly string[]): Ended => {
    const directory = call.at(-1) ?? '';
    if (call[0] === 'mount') {
      const ended = saying.mount ?? done;
      if (ended.code !== 0) return ended;
      table.push(`900 1 0:90 / ${directory} ro - ${call[2] ?? ''} ${call.at(-2) ?? ''} ro`);
      writeFileSync(join(directory, 'model.gguf'), 'GGUF');
      return ended;
    }
    const ended = saying.umount?.(call) ?? done;
    if (ended.code !== 0) return ended;
    table.splice(
      table.findIndex((line) => line.includes(` ${directory} `)),
      1,
    );
    rmSync(join(directory, 'model.gguf'), { force: true });
    return ended;
  };
  return {
    ...thisMachine,
    ...{ calls, left },
    mountinfo: () => Promise.resolve(table.join('\n')),
    mounts: saying.mounts ?? true,
    mayMount: saying.mayMount ?? true,
    hasHelper: (type) => (saying.helpers ?? ['nfs', 'efs']).includes(type),
    run: (call, within, signal) => {
      if (call[0] === 'stat') return saying.stat ? Promise.resolve(saying.stat) : run(call, within, signal);
      calls.push(call.join(' '));
      return Promise.resolve(act(call));
    },
    addresses: (name) => Promise.resolve(saying.addresses?.[name] ?? []),
    efsStates: () => Promise.resolve(new Map(Object.entries(saying.efsStates ?? {}))),
    makeDirectory: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'stowage-mount-'));
      left.add(directory);
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      return directory;
    },
    removeDirectory: async (path) => {
      await rmdir(path);
      left.delete(path);
    },
  };
}
