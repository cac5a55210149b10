import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PinFile } from '../../src/local/record-pins.ts';
import { storageName } from '../../src/local/storage-name.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Pin } from '../../src/record/pins.ts';
import { tempDir } from '../support/tempdir.ts';

function pin(name: string, more: Partial<Pin> = {}): Pin {
  return {
    ...{ repository: 'registry.example.com/bert', image: digestOf(name), record: digestOf(`r ${name}`) },
    ...{ storage: 'here', ...more },
  };
}

describe('the records of this machine', () => {
  it('are none at first, and the newest comes first', async () => {
    const state = join(await tempDir(), 'state');
    expect(await new PinFile(state).list()).toEqual([]);
    await new PinFile(state).add(pin('a'));
    await new PinFile(state).add(pin('b'));
    expect(await new PinFile(state).list()).toEqual([pin('b'), pin('a')]);
    expect((await stat(join(state, 'records.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(state)).toEqual(['records.json']);
  });

  it('are one for each image and storage', async () => {
    const pins = new PinFile(await tempDir());
    const fresh = pin('a', { record: digestOf('another') });
    for (const each of [pin('a'), pin('a', { storage: 'there' }), fresh]) await pins.add(each);
    expect(await pins.list()).toEqual([fresh, pin('a', { storage: 'there' })]);
  });

  it('are all kept where several builds end at once', async () => {
    const state = await tempDir();
    const names = Array.from({ length: 12 }, (_, index) => `image ${index}`);
    await Promise.all(names.map((name) => new PinFile(state).add(pin(name))));
    expect(new Set((await new PinFile(state).list()).map(({ image }) => image))).toEqual(
      new Set(names.map((name) => digestOf(name))),
    );
  });

  it('are not kept without end', async () => {
    const state = await tempDir();
    const old = Array.from({ length: 500 }, (_, index) => pin(`old ${index}`));
    await writeFile(join(state, 'records.json'), JSON.stringify({ version: 1, pins: old }), { mode: 0o600 });
    await new PinFile(state).add(pin('new'));
    const now = await new PinFile(state).list();
    expect([now.length, now[0], now.at(-1)]).toEqual([500, pin('new'), old[498]]);
  });

  it.each([
    ['no JSON', 'not JSON'],
    ['another version', '{"version": 2, "pins": []}'],
    ['something else for a digest', '{"version": 1, "pins": [{"repository": "a", "image": "b"}]}'],
    ['no end', ' '.repeat(5_000_000)],
  ])('are none where their file has %s, and it is written anew', async (_, text) => {
    const state = await tempDir();
    await writeFile(join(state, 'records.json'), text, { mode: 0o600 });
    const pins = new PinFile(state);
    expect(await pins.list()).toEqual([]);
    await pins.add(pin('a'));
    expect(await pins.list()).toEqual([pin('a')]);
  });

  it('are not believed where others may write to their file', async () => {
    const state = await tempDir();
    await new PinFile(state).add(pin('a'));
    await chmod(join(state, 'records.json'), 0o666);
    expect(await new PinFile(state).list()).toEqual([]);
  });

  it('cannot be kept where the state directory is none', async () => {
    const state = join(await tempDir(), 'file');
    await writeFile(state, '');
    expect(await new PinFile(state).list()).toEqual([]);
    await expect(new PinFile(state).add(pin('a'))).rejects.toMatchObject({ code: 'StateUnusable' });
    expect(await readFile(state, 'utf8')).toBe('');
  });
});

describe('the name of the storage that a folder lies on', () => {
  it('is the same for all ways to the folder, and another for another folder', async () => {
    const root = await tempDir();
    await mkdir(join(root, 'a'));
    await mkdir(join(root, 'b'));
    const name = await storageName(join(root, 'a'));
    expect(name).toMatch(/^local:.+:\d+:.+\/a$/);
    expect(await storageName(join(root, 'b', '..', 'a'))).toBe(name);
    expect(await storageName(join(root, 'b'))).not.toBe(name);
    expect(await storageName(join(root, 'c'))).toBeUndefined();
  });
});
