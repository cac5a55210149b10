import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  rename,
  rm,
  rmdir,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanArtifact } from '../../src/artifact/scan.ts';
import { assertUnchanged, describeChange } from '../../src/artifact/unchanged.ts';
import { writeFiles } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';
import { errorOf } from './support.ts';

describe('assertUnchanged', () => {
  it('says nothing of a source that is as it was, though it was read', async () => {
    const root = await source();
    const artifact = await scanArtifact(root);
    for (const { location } of artifact.files) await readFile(location);
    await expect(assertUnchanged(artifact)).resolves.toBeUndefined();
  });

  it.each<[string, (root: string) => Promise<unknown>, string]>([
    ['grew', (root) => appendFile(join(root, 'a/one'), '!'), '"a/one" grew from 3 to 4 bytes'],
    ['shrank', (root) => truncate(join(root, 'a/one'), 1), '"a/one" shrank from 3 to 1 bytes'],
    ['was written to', (root) => writeFile(join(root, 'a/one'), 'TWO'), '"a/one" was written to'],
    ['was written to, with its time set back', writeAndSetBack, '"a/one" was touched'],
    ['was replaced', replace, '"a/one" was replaced by another file'],
    ['vanished', (root) => unlink(join(root, 'a/one')), '"a/one" vanished'],
    ['vanished, the last of all', (root) => unlink(join(root, 'z')), '"z" vanished'],
    ['appeared', (root) => writeFile(join(root, 'a/new'), ''), '"a/new" appeared'],
    ['appeared, after all others', (root) => writeFile(join(root, 'zz'), ''), '"zz" appeared'],
    ['appeared in an empty directory', (root) => writeFile(join(root, 'empty/x'), ''), '"empty/x" appeared'],
    ['got another name', (root) => rename(join(root, 'z'), join(root, 'y')), '"z" vanished'],
    ['became a directory', becomeDirectory, '"a/one" vanished'],
    ['got other permissions', (root) => chmod(join(root, 'a/one'), 0o600), '"a/one" was touched'],
    ['is led to by another link', relink, '"link" was replaced by another file'],
    ['was the last of its directory', (root) => rm(join(root, 'a'), { recursive: true }), '"a/one" vanished'],
    ['was an empty directory and vanished', (root) => rmdir(join(root, 'empty')), '"empty" vanished'],
    ['is an empty directory and appeared', (root) => mkdir(join(root, 'more')), '"more" appeared'],
  ])('tells that something %s', async (_, change, message) => {
    const root = await source();
    const artifact = await scanArtifact(root);
    await change(root);
    const error = await errorOf(assertUnchanged(artifact));
    expect(error).toMatchObject({ code: 'ArtifactChanged', retryable: true });
    expect(error.message).toContain(message);
  });

  it('names the first of several files, in the order of their paths', async () => {
    const root = await source();
    const artifact = await scanArtifact(root);
    for (const path of ['z', 'other', 'a/one']) await appendFile(join(root, path), '!');
    expect((await errorOf(assertUnchanged(artifact))).message).toContain('"a/one"');
  });

  it('stops when it is told to', async () => {
    const artifact = await scanArtifact(await source());
    expect(await errorOf(assertUnchanged(artifact, AbortSignal.abort()))).toMatchObject({
      code: 'Cancelled',
    });
  });
});

describe('describeChange', () => {
  const now = { size: 10n, dev: 1n, ino: 2n, mtimeNs: 3n, ctimeNs: 4n };
  const before = { size: 10, identity: { dev: 1n, ino: 2n, mtimeNs: 3n, ctimeNs: 4n } };

  it.each([
    [{}, undefined],
    [{ size: 11n }, 'grew from 10 to 11 bytes'],
    [{ size: 0n, mtimeNs: 9n }, 'shrank from 10 to 0 bytes'],
    [{ mtimeNs: 1n, ctimeNs: 9n }, 'was written to (its modification time changed)'],
    [{ ctimeNs: 9n }, 'was touched (its owner, mode, links or content changed)'],
    [{ ino: 9n, size: 11n }, 'was replaced by another file'],
    [{ dev: 9n }, 'was replaced by another file'],
  ])('describes %o', (change, text) => {
    expect(describeChange(before, { ...now, ...change })).toBe(text);
  });
});

/** A time that a file can be set to exactly: now has nanoseconds. */
const LONG_AGO = new Date('2020-02-02T20:20:20Z');

async function source(): Promise<string> {
  const root = await tempDir();
  await writeFiles(root, { 'a/one': 'one', 'empty/': '', other: 'other', target: 'one', z: 'z' });
  await symlink('target', join(root, 'link'));
  await utimes(join(root, 'a/one'), LONG_AGO, LONG_AGO);
  return root;
}

async function writeAndSetBack(root: string): Promise<void> {
  await writeFile(join(root, 'a/one'), 'TWO');
  await utimes(join(root, 'a/one'), LONG_AGO, LONG_AGO);
}

async function replace(root: string): Promise<void> {
  await writeFile(join(root, '.new'), 'one');
  await rename(join(root, '.new'), join(root, 'a/one'));
}

async function becomeDirectory(root: string): Promise<void> {
  await unlink(join(root, 'a/one'));
  await mkdir(join(root, 'a/one'));
}

async function relink(root: string): Promise<void> {
  await unlink(join(root, 'link'));
  await symlink('other', join(root, 'link'));
}
