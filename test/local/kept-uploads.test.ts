import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UploadFiles } from '../../src/local/kept-uploads.ts';
import { tempDir } from '../support/tempdir.ts';

const REPOSITORY = 'registry.example.com/team/bert';
const IMAGE = `${REPOSITORY}:v1`;
const LOCATION = 'https://registry.example.com/v2/team/bert/blobs/uploads/1?_state=x%2f';
const HOUR = 60 * 60 * 1000;
const NONE: ReadonlySet<string> = new Set();

/** Lets the lock of each upload be that of a process that has died. */
function asDead(state: string): void {
  const directory = join(state, 'uploads');
  const dead = String(spawnSync('true').pid);
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.lock'))) {
    rmSync(join(directory, name));
    symlinkSync(dead, join(directory, name));
  }
}

describe('the uploads of this machine', () => {
  it('are found again once they were let go of', async () => {
    const state = await tempDir();
    const one = new UploadFiles(state, IMAGE);
    expect(await one.take(REPOSITORY, 'a')).toBeUndefined();
    await one.keep(REPOSITORY, 'a', LOCATION);
    await one.release(REPOSITORY, 'a');
    const two = new UploadFiles(state, IMAGE);
    expect(await two.take(REPOSITORY, 'a')).toEqual({ key: 'a', location: LOCATION });
    expect(await two.take(REPOSITORY, 'b')).toBeUndefined();
    expect(await two.take('registry.example.com/team/other', 'a')).toBeUndefined();
  });

  it('belong to one at a time', async () => {
    const state = await tempDir();
    const [one, two] = [new UploadFiles(state, IMAGE), new UploadFiles(state, IMAGE)];
    await one.keep(REPOSITORY, 'a', LOCATION);
    expect(await two.take(REPOSITORY, 'a')).toBeUndefined();
    await two.keep(REPOSITORY, 'a', `${LOCATION}&two`);
    await two.forget(REPOSITORY, 'a');
    await one.release(REPOSITORY, 'a');
    expect(await two.take(REPOSITORY, 'a')).toEqual({ key: 'a', location: LOCATION });
  });

  it('of a process that has died are free', async () => {
    const state = await tempDir();
    await new UploadFiles(state, IMAGE).keep(REPOSITORY, 'a', LOCATION);
    asDead(state);
    expect(await new UploadFiles(state, IMAGE).take(REPOSITORY, 'a')).toEqual({
      key: 'a',
      location: LOCATION,
    });
    expect(readdirSync(join(state, 'uploads')).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
  });

  it('say of one that was stored that it was, to whoever comes next, until its image is there', async () => {
    const state = await tempDir();
    const [one, two] = [new UploadFiles(state, IMAGE), new UploadFiles(state, IMAGE)];
    await one.keep(REPOSITORY, 'a', LOCATION);
    await one.stored(REPOSITORY, 'a');
    expect(await two.take(REPOSITORY, 'a')).toEqual({ key: 'a' });
    await two.release(REPOSITORY, 'a');
    expect(await one.takeLeftovers(REPOSITORY, new Set(['a']), 9)).toEqual([]);
    expect(await two.take(REPOSITORY, 'a')).toEqual({ key: 'a' });
    await two.release(REPOSITORY, 'a');
    expect(await one.takeLeftovers(REPOSITORY, NONE, 0)).toEqual([]);
    expect(readdirSync(join(state, 'uploads'))).toEqual([]);
  });

  it('that was stored by one is not forgotten by another that has begun it since', async () => {
    const state = await tempDir();
    const [one, two] = [new UploadFiles(state, IMAGE), new UploadFiles(state, IMAGE)];
    await one.stored(REPOSITORY, 'a');
    await two.keep(REPOSITORY, 'a', LOCATION);
    await one.stored(REPOSITORY, 'a');
    await one.takeLeftovers(REPOSITORY, NONE, 9);
    expect(await two.take(REPOSITORY, 'a')).toEqual({ key: 'a', location: LOCATION });
  });

  it('are forgotten without a trace', async () => {
    const state = await tempDir();
    const uploads = new UploadFiles(state, IMAGE);
    await uploads.keep(REPOSITORY, 'a', LOCATION);
    await uploads.forget(REPOSITORY, 'a');
    expect(readdirSync(join(state, 'uploads'))).toEqual([]);
  });

  it('can be read by their owner alone', async () => {
    const state = await tempDir();
    await new UploadFiles(state, IMAGE).keep(REPOSITORY, 'a', LOCATION);
    const directory = join(state, 'uploads');
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.json'));
    expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    expect(file).not.toContain('bert');
  });

  it('are not gone on with after a week', async () => {
    const state = await tempDir();
    let now = Date.now();
    const uploads = new UploadFiles(state, IMAGE, () => now);
    await uploads.keep(REPOSITORY, 'a', LOCATION);
    now += 7 * 24 * HOUR + 1;
    expect(await uploads.take(REPOSITORY, 'a')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['another document', '{"location": 1}'],
    ['too much', `{"location": "${'x'.repeat(100_000)}"}`],
  ])('are none where a file holds %s', async (_, content) => {
    const state = await tempDir();
    const uploads = new UploadFiles(state, IMAGE);
    await uploads.keep(REPOSITORY, 'a', LOCATION);
    const [file = ''] = readdirSync(join(state, 'uploads')).filter((name) => name.endsWith('.json'));
    writeFileSync(join(state, 'uploads', file), content);
    expect(await uploads.take(REPOSITORY, 'a')).toBeUndefined();
    await uploads.release(REPOSITORY, 'a');
    expect(await uploads.takeLeftovers(REPOSITORY, NONE, 9)).toEqual([]);
    expect(readdirSync(join(state, 'uploads'))).toEqual([]);
  });
});

describe('what earlier builds left', () => {
  /** Uploads of three builds that ended `ago` before now. */
  async function leftBehind(ago: number): Promise<{ state: string; now: () => number }> {
    const state = await tempDir();
    const then = Date.now();
    for (const [image, key] of [
      [IMAGE, 'same tag'],
      [`${REPOSITORY}:v0`, 'other tag'],
    ] as const) {
      const uploads = new UploadFiles(state, image, () => then);
      await uploads.keep(REPOSITORY, key, `${LOCATION}&${key}`);
      await uploads.keep(`${REPOSITORY}-b`, key, LOCATION);
      for (const repository of [REPOSITORY, `${REPOSITORY}-b`]) await uploads.release(repository, key);
    }
    return { state, now: () => then + ago };
  }

  it.each<[string, number, string[], string[]]>([
    ['just now, of the same image', 0, [], ['same tag']],
    ['some hours ago, of any', 7 * HOUR, [], ['other tag', 'same tag']],
    ['that this build goes on with', 7 * HOUR, ['same tag', 'other tag'], []],
  ])('%s', async (_, ago, keys, expected) => {
    const { state, now } = await leftBehind(ago);
    const uploads = new UploadFiles(state, IMAGE, now);
    const taken = await uploads.takeLeftovers(REPOSITORY, new Set(keys), 9);
    expect(taken.map(({ key }) => key).sort()).toEqual(expected);
    expect(await uploads.takeLeftovers(REPOSITORY, new Set(keys), 9)).toEqual([]);
    expect(readdirSync(join(state, 'uploads'))).toHaveLength(4 - expected.length);
  });

  it('more than a week ago is dropped, in all repositories', async () => {
    const { state, now } = await leftBehind(8 * 24 * HOUR);
    await new UploadFiles(state, IMAGE, now).takeLeftovers(`${REPOSITORY}-c`, NONE, 9);
    expect(readdirSync(join(state, 'uploads'))).toEqual([]);
  });

  it('stays where it is more than can be cancelled, for the next build', async () => {
    const state = await tempDir();
    const uploads = new UploadFiles(state, IMAGE);
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await uploads.keep(REPOSITORY, key, LOCATION);
      await uploads.release(REPOSITORY, key);
    }
    const numbers: number[] = [];
    for (let build = 0; build < 4; build += 1)
      numbers.push((await uploads.takeLeftovers(REPOSITORY, NONE, 2)).length);
    expect(numbers).toEqual([2, 2, 1, 0]);
  });

  it('is not taken from a process that is at it', async () => {
    const state = await tempDir();
    const busy = new UploadFiles(state, IMAGE);
    await busy.keep(REPOSITORY, 'a', LOCATION);
    expect(await new UploadFiles(state, IMAGE).takeLeftovers(REPOSITORY, NONE, 9)).toEqual([]);
    expect(await busy.take(REPOSITORY, 'a')).toEqual({ key: 'a', location: LOCATION });
  });

  it('is nothing where there is no directory yet, or one that is none', async () => {
    const state = await tempDir();
    expect(await new UploadFiles(state, IMAGE).takeLeftovers(REPOSITORY, NONE, 9)).toEqual([]);
    mkdirSync(join(state, 'file'));
    writeFileSync(join(state, 'file', 'uploads'), '');
    expect(await new UploadFiles(join(state, 'file'), IMAGE).takeLeftovers(REPOSITORY, NONE, 9)).toEqual([]);
  });

  it('names its holder by a link', async () => {
    const state = await tempDir();
    await new UploadFiles(state, IMAGE).keep(REPOSITORY, 'a', LOCATION);
    const [lock = ''] = readdirSync(join(state, 'uploads')).filter((name) => name.endsWith('.lock'));
    expect(readlinkSync(join(state, 'uploads', lock))).toContain(String(process.pid));
  });
});
