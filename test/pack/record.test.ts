import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../src/pack/report.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { tempDir } from '../support/tempdir.ts';
import {
  actions,
  ALL,
  baseImage,
  machine,
  makeModel,
  SHARD_BYTES,
  waitAMinute,
  type Machine,
} from './builds.ts';

const SHARD = 'model-1.dat';

let registry: FaultRegistry;
let directory: string;
let here: Machine;
let first: Report;
/** `host/team/bert`, without a tag. */
let repository: string;

beforeEach(async () => {
  [registry, directory] = await Promise.all([faultRegistry(), makeModel()]);
  here = machine(directory);
  repository = `${registry.host}/team/bert`;
  waitAMinute();
  first = await here.build(`${repository}:v1`);
  registry.journal.length = 0;
});
afterEach(() => vi.useRealTimers());

const shard = (): string => join(directory, SHARD);

/** Writes other bytes, of the same number, and sets both times that can be set back to what they were. */
function rewriteUnseen(path: string, bytes: Uint8Array): void {
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, bytes);
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
}

describe('a build of what was built before', () => {
  it('reads and sends nothing, and makes the same image', async () => {
    expect(first.record).toBeDefined();
    const second = await here.build(`${repository}:v1`);
    expect(actions(second)).toEqual(ALL('recorded'));
    expect(second.bytes).toEqual({ source: first.bytes.source, read: 0, sent: 0, reused: first.size });
    expect([second.digest, second.record]).toEqual([first.digest, first.record]);
    expect(registry.count('POST')).toBe(0);
    expect(registry.count('manifest PUT')).toBe(1);
  });

  it('does so under another tag, and beside a record that was pushed already', async () => {
    const second = await here.build(`${repository}:v2`);
    expect(actions(second)).toEqual(ALL('recorded'));
    expect(second.digest).toBe(first.digest);
    expect(registry.count('manifest PUT')).toBe(1);
  });

  it('has the blobs mounted where it goes to another repository of the registry', async () => {
    const second = await here.build(`${registry.host}/other/bert:v1`);
    expect(actions(second)).toEqual(ALL('mounted'));
    expect(second.bytes).toMatchObject({ read: 0, sent: 0, reused: first.size });
    expect(second.digest).toBe(first.digest);
    expect(actions(await here.build(`${registry.host}/other/bert:v2`))).toEqual(ALL('recorded'));
  });

  it('reads and sends what the registry has lost', async () => {
    const lost = first.layers.find(({ title }) => title === `${SHARD}.tar`);
    registry.store.dropBlob('team/bert', lost!.digest);
    const second = await here.build(`${repository}:v1`);
    expect(actions(second)).toEqual({ ...ALL('recorded'), [SHARD]: 'uploaded' });
    expect(second.bytes).toMatchObject({ read: SHARD_BYTES, sent: lost!.size });
    expect(second.digest).toBe(first.digest);
  });

  it('reads everything and sends nothing with another compression under its own tag', async () => {
    const zstd = { compression: 'zstd', overwrite: true } as const;
    const second = await here.build(`${repository}:zstd`, zstd);
    expect(actions(second)).toEqual(ALL('uploaded'));
    const third = await here.build(`${repository}:zstd`, zstd);
    expect(actions(third)).toEqual(ALL('recorded'));
    expect([third.digest, third.bytes.read]).toEqual([second.digest, 0]);
  });

  it('has its own layers known on top of another base', async () => {
    const bases = await Promise.all(['one', 'other'].map((name) => baseImage(name)));
    const made = await here.build(`${repository}:v2`, { base: bases[0] });
    const again = await here.build(`${repository}:v3`, { base: bases[1] });
    const own = again.layers.filter(({ title }) => !title.startsWith('base '));
    expect(own.map(({ action }) => action)).toEqual(Array(4).fill('recorded'));
    expect(again.bytes.read).toBe(0);
    expect(again.digest).not.toBe(made.digest);
    const fresh = machine(directory).build(`oci:${await tempDir()}:v1`, { base: bases[1] });
    expect((await fresh).digest).toBe(again.digest);
  });

  it('is recorded in an image layout as well, which lists the image alone', async () => {
    const layout = join(await tempDir(), 'images');
    const made = await here.build(`oci:${layout}:v1`);
    const again = await here.build(`oci:${layout}:v2`);
    expect(actions(again)).toEqual(ALL('recorded'));
    expect(again.bytes.read).toBe(0);
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
    expect(index.manifests.map((entry) => 'digest' in entry && entry.digest)).toEqual([
      made.digest,
      made.digest,
    ]);
  });
});

describe('a build after a change', () => {
  it.each<[string, () => void, Record<string, string>]>([
    [
      'other bytes of the same number, with the time set back',
      () => rewriteUnseen(shard(), randomBytes(SHARD_BYTES)),
      { ...ALL('recorded'), [SHARD]: 'uploaded' },
    ],
    [
      'another file with other bytes and the old times in its place',
      () => {
        const other = join(directory, '..', 'other');
        writeFileSync(other, randomBytes(SHARD_BYTES));
        execFileSync('touch', ['-r', shard(), other]);
        renameSync(other, shard());
      },
      { ...ALL('recorded'), [SHARD]: 'uploaded' },
    ],
    [
      'a small file with other bytes of the same number, with the time set back',
      () => rewriteUnseen(join(directory, 'config.json'), Buffer.from('{"model_type": "gpt2"}')),
      { ...ALL('recorded'), 'files-1': 'uploaded' },
    ],
    [
      'a file that was added',
      () => writeFileSync(join(directory, 'new.json'), '{}'),
      { ...ALL('recorded'), 'files-1': 'uploaded' },
    ],
    [
      'a file that was removed',
      () => rmSync(join(directory, 'extra', 'vocab.txt')),
      { ...ALL('recorded'), 'files-1': 'uploaded' },
    ],
    [
      'a shard that was removed',
      () => rmSync(shard()),
      { 'model-2.dat': 'recorded', 'files-1': 'recorded', 'kubedl-model': 'recorded' },
    ],
    [
      'a shard with another name',
      () => renameSync(shard(), join(directory, 'model-0.dat')),
      {
        'model-0.dat': 'uploaded',
        'model-2.dat': 'recorded',
        'files-1': 'recorded',
        'kubedl-model': 'recorded',
      },
    ],
  ])('reads and sends %s, and nothing else', async (_, change, expected) => {
    change();
    const second = await here.build(`${repository}:v1`, { overwrite: true });
    expect(actions(second)).toEqual(expected);
    const sent = second.layers.filter(({ action }) => action === 'uploaded');
    expect(second.bytes.sent).toBe(sent.reduce((sum, { size }) => sum + size, 0));
    expect(second.bytes.read).toBeLessThanOrEqual(second.bytes.sent);
    // As a build makes it that knows nothing.
    const fresh = await machine(directory).build(`oci:${await tempDir()}:v1`);
    expect(second.digest).toBe(fresh.digest);
    expect(actions(await here.build(`${repository}:v1`, { overwrite: true }))).toEqual(
      Object.fromEntries(Object.keys(expected).map((title) => [title, 'recorded'])),
    );
  });

  it.each<[string, () => void]>([
    ['a file with another mode', () => chmodSync(shard(), 0o600)],
    [
      'a copy with its times in its place',
      () => {
        execFileSync('cp', ['-p', shard(), join(directory, '..', 'copy')]);
        renameSync(join(directory, '..', 'copy'), shard());
      },
    ],
  ])('reads %s, and does not send it', async (_, change) => {
    change();
    const second = await here.build(`${repository}:v2`);
    expect(actions(second)).toEqual({ ...ALL('recorded'), [SHARD]: 'exists' });
    expect(second.bytes).toMatchObject({ read: SHARD_BYTES, sent: 0 });
    expect(second.digest).toBe(first.digest);
    waitAMinute();
    expect(actions(await here.build(`${repository}:v2`))).toEqual(ALL('recorded'));
  });

  it.each([
    ['v1', 'exists'],
    ['v2', 'uploaded'],
  ])('does without samples where the registry gives no parts of blobs: under %s', async (tag, action) => {
    registry.store.givesRanges = false;
    chmodSync(shard(), 0o600);
    const second = await here.build(`${repository}:${tag}`);
    // Only under a tag that may not move it has to be the layer that is there.
    expect(actions(second)).toEqual({ ...ALL('recorded'), [SHARD]: action });
    expect(second.bytes.read).toBe(SHARD_BYTES);
    expect(second.digest).toBe(first.digest);
  });

  it('reads and sends a file with another time of its last change at once, whatever is in it', async () => {
    utimesSync(shard(), 1e9, 1e9);
    const second = await here.build(`${repository}:v2`);
    expect(actions(second)).toEqual({ ...ALL('recorded'), [SHARD]: 'uploaded' });
    expect(second.bytes.read).toBe(SHARD_BYTES);
    expect(second.digest).toBe(first.digest);
  });

  it('does not believe what it knows of files that were written to just before', async () => {
    vi.useRealTimers();
    writeFileSync(shard(), randomBytes(SHARD_BYTES));
    await here.build(`${repository}:v2`);
    waitAMinute();
    const third = await here.build(`${repository}:v2`);
    expect(actions(third)).toEqual({ ...ALL('recorded'), [SHARD]: 'exists' });
    expect(actions(await here.build(`${repository}:v2`))).toEqual(ALL('recorded'));
  });

  it('refuses a tag that may not move before it reads or sends anything', async () => {
    writeFileSync(shard(), randomBytes(SHARD_BYTES));
    await expect(here.build(`${repository}:v1`)).rejects.toMatchObject({ code: 'TagExists' });
    expect(registry.count('POST')).toBe(0);
    // What is known by now is not what the tag has.
    const { pins } = here;
    await here.build(`${repository}:v2`);
    pins.pins = pins.pins.filter(({ image }) => image !== first.digest);
    registry.journal.length = 0;
    await expect(here.build(`${repository}:v1`)).rejects.toMatchObject({ code: 'TagExists' });
    expect(new Set(registry.steps)).toEqual(new Set(['manifest GET', 'blob GET']));
    expect(registry.count('blob GET')).toBe(1);
  });

  it('compares a model of another directory with the last image, and sends what differs', async () => {
    const other = join(await tempDir(), 'copy');
    execFileSync('cp', ['-r', directory, other]);
    writeFileSync(join(other, SHARD), randomBytes(SHARD_BYTES));
    waitAMinute();
    const second = await here.build(`${repository}:v2`, { directory: other, storage: 'local:here:/copy' });
    expect(actions(second)).toMatchObject({ [SHARD]: 'uploaded', 'model-2.dat': 'exists' });
    const { source } = second.bytes;
    // Each byte is read once: samples tell which shard to hash first and which to send at once.
    expect(second.bytes.read).toBe(source);
    expect(second.bytes.sent).toBeLessThan(SHARD_BYTES + 100_000);
  });
});

describe('how far a record is believed', () => {
  it('is not at all with full: all is read, and nothing is sent', async () => {
    const second = await here.build(`${repository}:v2`, { verifySource: 'full' });
    expect(actions(second)).toEqual(ALL('exists'));
    expect(second.bytes).toMatchObject({ read: first.bytes.source, sent: 0 });
    expect(second.digest).toBe(first.digest);
  });

  it('is for any file of the same path and size with none', async () => {
    utimesSync(shard(), 1e9, 1e9);
    const second = await here.build(`${repository}:v2`, { verifySource: 'none' });
    expect(actions(second)).toEqual(ALL('recorded'));
    expect(second.bytes.read).toBe(0);
  });

  it('does not make a later build believe what was never read', async () => {
    writeFileSync(shard(), randomBytes(SHARD_BYTES));
    waitAMinute();
    const second = await here.build(`${repository}:v2`, { verifySource: 'none' });
    expect(second.digest).toBe(first.digest);
    const third = await here.build(`${repository}:v3`);
    expect(actions(third)).toEqual({ ...ALL('recorded'), [SHARD]: 'uploaded' });
  });
});
