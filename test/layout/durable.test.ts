import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tempDir } from '../support/tempdir.ts';
import { describeWith, tool } from '../support/tools.ts';

const LAUNCHER = join(import.meta.dirname, '../../stowage');

describeWith(['strace'], 'a layout after a loss of power', () => {
  it('names no blob that is not on the disk, and no tag before its blobs', async () => {
    const root = await tempDir();
    await mkdir(join(root, 'model'));
    await writeFile(join(root, 'model', 'config.json'), '{}');
    const calls = await filesSyncedAndNamed(root, [
      'pack',
      'model',
      '--to',
      'oci:images:v1',
      '--progress',
      'off',
    ]);

    const tagged = calls.find(({ to }) => to?.endsWith('/index.json'));
    const all = calls.filter(({ name, to }) => name === 'rename' && to?.includes('/blobs/sha256/'));
    const blobs = all.filter(({ at }) => at < (tagged?.at ?? Infinity));
    // A layer with the file, one with the link, the config, the manifest; behind the tag the record and what it needs.
    expect([blobs.length, all.length]).toEqual([4, 7]);
    for (const { at, path } of all)
      expect(calls.some((call) => call.name === 'sync' && call.path === path && call.at < at)).toBe(true);

    const named = calls.find(({ name, path }) => name === 'sync' && path.endsWith('/blobs/sha256'));
    expect(named?.at).toBeGreaterThan(Math.max(...blobs.map(({ at }) => at)));
    expect(tagged?.at).toBeGreaterThan(named?.at ?? Infinity);
  });
});

interface Call {
  /** Its place in the order of all. */
  readonly at: number;
  readonly name: 'sync' | 'rename';
  readonly path: string;
  /** Of a rename. */
  readonly to: string | undefined;
}

/** What a run of the command line made last, and what it gave another name, in the order in which this came back. */
async function filesSyncedAndNamed(cwd: string, args: readonly string[]): Promise<Call[]> {
  const log = join(cwd, 'calls');
  const trace = ['-f', '-qq', '-y', '-s', '4096', '-e', 'trace=fsync,fdatasync,rename,renameat2', '-o', log];
  await promisify(execFile)(tool('strace'), [...trace, LAUNCHER, ...args], {
    cwd,
    env: { ...process.env, STOWAGE_STATE: join(cwd, 'state') },
  });
  return (await readFile(log, 'utf8')).split('\n').flatMap((line, at): Call[] => {
    const [, synced] = /fd?a?t?a?sync\(\d+<([^>]+)>/.exec(line) ?? [];
    if (synced !== undefined) return [{ at, name: 'sync', path: synced, to: undefined }];
    const [, path, to] = /rename\("([^"]+)", "([^"]+)"/.exec(line) ?? [];
    return path === undefined ? [] : [{ at, name: 'rename', path, to }];
  });
}
