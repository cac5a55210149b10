import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMounted, type Wanted } from '../../src/storage/mounting.ts';
import { NFS_SAYINGS } from '../../src/storage/nfs-sayings.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { fakeMachine } from './fake-machine.ts';

const wanted: Wanted = { type: 'nfs', source: 'nfs:/exports', options: ['soft'], sayings: NFS_SAYINGS };
const never = new AbortController().signal;

describe('mounting', () => {
  it('gives a directory with the files, and takes it back once', async () => {
    const machine = fakeMachine();
    const source = await openMounted(wanted, undefined, machine, never);
    await Promise.all([source.close(), source.close()]);
    await source.close();
    expect(machine.calls).toEqual([
      `mount -t nfs -o ro,soft nfs:/exports ${source.directory}`,
      `umount ${source.directory}`,
    ]);
    expect(machine.left.size).toBe(0);
  });

  it.each([
    [{ code: 32, output: 'mount.nfs: access denied by server while mounting nfs:/exports' }, 'MountDenied'],
    [{ code: 32, output: 'mount.nfs: Connection timed out' }, 'ServerUnreachable'],
    [
      {
        code: 32,
        output: 'mount.nfs: mounting nfs:/exports failed, reason given by server: No such file or directory',
      },
      'ExportNotFound',
    ],
    [{ code: 32, output: 'mount.nfs: Stale file handle' }, 'StaleHandle'],
    [{ code: 32, output: 'mount: /tmp/x: permission denied.' }, 'MountFailed'],
    [{ code: 1, output: '' }, 'MountFailed'],
    [{ code: undefined, output: '' }, 'ServerUnreachable'],
  ])('fails with %j as %s, names what, and leaves nothing', async (mount, code) => {
    const machine = fakeMachine({ mount });
    const error = await rejectionOf(openMounted(wanted, undefined, machine, never));
    expect(error).toMatchObject({ code, message: expect.stringContaining('nfs:/exports') as string });
    expect(machine.calls).toHaveLength(1);
    expect(machine.left.size).toBe(0);
  });

  it.each([
    [{ code: 1, output: "stat: cannot statx '/tmp/x': Stale file handle" }, 'StaleHandle'],
    [{ code: 1, output: "stat: cannot statx '/tmp/x': Input/output error" }, 'ServerUnreachable'],
    [{ code: 1, output: "stat: cannot statx '/tmp/x': Permission denied" }, 'SourceUnreadable'],
    [{ code: undefined, output: '' }, 'ServerUnreachable'],
  ])('unmounts what cannot be looked at: %j is %s', async (stat, code) => {
    const machine = fakeMachine({ stat });
    expect(await rejectionOf(openMounted(wanted, undefined, machine, never))).toMatchObject({ code });
    expect(machine.calls.map((call) => call.split(' ')[0])).toEqual(['mount', 'umount']);
    expect(machine.left.size).toBe(0);
  });

  it('unmounts without the server where it does not answer', async () => {
    const machine = fakeMachine({
      umount: (call) => ({ code: call.includes('-l') ? 0 : undefined, output: '' }),
    });
    const source = await openMounted(wanted, undefined, machine, never);
    await source.close();
    expect(machine.calls.slice(1)).toEqual([`umount ${source.directory}`, `umount -l ${source.directory}`]);
    expect(machine.left.size).toBe(0);
  });

  it('says what is left over where nothing helps, and removes no file', async () => {
    const machine = fakeMachine({ umount: () => ({ code: 32, output: 'umount: target is busy.' }) });
    const source = await openMounted(wanted, undefined, machine, never);
    expect(await rejectionOf(source.close())).toMatchObject({
      code: 'MountFailed',
      message: `${source.directory} cannot be unmounted and removed`,
      hint: `Do it by hand: umount -l ${source.directory} && rmdir ${source.directory}`,
    });
  });

  it('is not begun when it is cancelled, and leaves nothing', async () => {
    const machine = fakeMachine();
    const opening = openMounted(wanted, undefined, machine, AbortSignal.abort());
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    expect(machine.calls).toEqual([]);
    expect(machine.left.size).toBe(0);
  });

  it('is undone when it is cancelled while it mounts', async () => {
    const controller = new AbortController();
    const machine = fakeMachine();
    const cancelled = {
      ...machine,
      run: async (...args: Parameters<typeof machine.run>) => {
        const ended = await machine.run(...args);
        controller.abort();
        return ended;
      },
    };
    const opening = openMounted(wanted, undefined, cancelled, controller.signal);
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    expect(machine.left.size).toBe(0);
  });
});

describe('the command that people are told', () => {
  it.each([
    ['nfs:/exports/bert', 'nfs:/exports/bert'],
    ['nfs:/exports/$(touch pwned);', "'nfs:/exports/$(touch pwned);'"],
    ["nfs:/it's", `'nfs:/it'\\''s'`],
    ['[fe80::1]:/exports', "'[fe80::1]:/exports'"],
  ])('has %s as %s', async (source, word) => {
    const machine = fakeMachine({ mayMount: false });
    const error = await rejectionOf(openMounted({ ...wanted, source }, undefined, machine, never));
    expect(error.hint).toContain(`sudo mount -t nfs -o ro,soft ${word} DIRECTORY. `);
  });

  it('has the directory as one word too', async () => {
    const machine = fakeMachine({ umount: () => ({ code: 32, output: '' }) });
    const directory = join(await tempDir(), 'a b');
    mkdirSync(directory);
    const elsewhere = { ...machine, makeDirectory: () => Promise.resolve(directory) };
    const source = await openMounted(wanted, undefined, elsewhere, never);
    const { hint } = await rejectionOf(source.close());
    expect(hint).toBe(`Do it by hand: umount -l '${directory}' && rmdir '${directory}'`);
  });
});

describe('what is mounted already', () => {
  it('is neither mounted nor unmounted', async () => {
    const machine = fakeMachine();
    const directory = await tempDir();
    const source = await openMounted(wanted, directory, machine, never);
    await source.close();
    expect(source.directory).toBe(directory);
    expect(machine.calls).toEqual([]);
  });

  it.each([
    ['missing', 'PathNotFound', 'does not exist there'],
    ['file', 'PathNotFound', 'is a file; a model is a directory'],
    ['file/below', 'PathNotFound', 'does not exist there'],
  ])('is refused where it is %s', async (name, code, words) => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'directory'));
    const error = await rejectionOf(openMounted(wanted, join(directory, name), fakeMachine(), never));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string });
    expect(error.message).toContain('nfs:/exports');
  });
});
