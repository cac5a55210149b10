import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_DEPTH, walkSource, type Tree } from '../../src/artifact/walk.ts';
import { writeFiles } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';
import { errorOf } from './support.ts';

const pathsOf = (tree: Tree): string[] => tree.files.map(({ path }) => path);

describe('walkSource', () => {
  it('lists files and empty directories by path, byte by byte', async () => {
    const root = await tempDir();
    await writeFiles(root, {
      'b': '', 'a/z': '', 'a-b': '', 'a.txt': '', 'a/sub/x': '', 'B': '', 'é': '', '\u{1f600}': '', '\uffee': '', 'empty/': '', 'a/none/': '', 'a-dir/': '',
    }); // prettier-ignore
    const tree = await walkSource(root);
    expect(pathsOf(tree)).toEqual(['B', 'a-b', 'a.txt', 'a/sub/x', 'a/z', 'b', 'é', '\uffee', '\u{1f600}']);
    expect(tree.emptyDirectories).toEqual(['a-dir', 'a/none', 'empty']);
    expect(tree.files[3]).toEqual({ path: 'a/sub/x', location: join(tree.root, 'a/sub/x') });
  });

  it('gives the same order whatever the order in which files were made', async () => {
    const names = fc.uniqueArray(
      fc.stringMatching(/^[-a-cA-C.é模]{1,3}$/).filter((name) => !/^\.\.?$/.test(name)),
      { minLength: 2, maxLength: 12 },
    );
    const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
    await fc.assert(
      fc.asyncProperty(names, async (list) => {
        const root = await tempDir();
        for (const name of list) await writeFile(join(root, name), '');
        expect(pathsOf(await walkSource(root))).toEqual(list.toSorted(byBytes));
      }),
      { numRuns: 20 },
    );
  });

  it('follows links to files and directories inside the source', async () => {
    const root = await tempDir();
    await writeFiles(root, { 'blobs/1': 'one', 'blobs/more/2': 'two', 'snapshots/main/': '' });
    await symlink('../../blobs/1', join(root, 'snapshots/main/model.bin'));
    await symlink('../../blobs/more', join(root, 'snapshots/main/more'));
    await symlink('snapshots/main/model.bin', join(root, 'twice'));
    await symlink(join(root, 'blobs/1'), join(root, 'absolute'));
    const tree = await walkSource(root);
    expect(tree.files).toEqual([
      { path: 'absolute', location: join(tree.root, 'blobs/1') },
      { path: 'blobs/1', location: join(tree.root, 'blobs/1') },
      { path: 'blobs/more/2', location: join(tree.root, 'blobs/more/2') },
      { path: 'snapshots/main/model.bin', location: join(tree.root, 'blobs/1') },
      { path: 'snapshots/main/more/2', location: join(tree.root, 'blobs/more/2') },
      { path: 'twice', location: join(tree.root, 'blobs/1') },
    ]);
  });

  it('takes a root that is a link for the directory it leads to', async () => {
    const directory = await tempDir();
    await writeFiles(directory, { 'real/a': '', 'real/sub/b': '' });
    await symlink('real', join(directory, 'link'));
    await symlink('../a', join(directory, 'real/sub/c'));
    const tree = await walkSource(join(directory, 'link'));
    expect(tree.root).toMatch(/\/real$/);
    expect(pathsOf(tree)).toEqual(['a', 'sub/b', 'sub/c']);
  });

  it.each([
    ['outside', '/etc/passwd', 'which lies outside the source, at "/etc/passwd"'],
    ['to a directory outside', '/etc', 'which lies outside the source, at "/etc"'],
    ['to the parent', '..', 'which lies outside the source'],
    ['to a neighbour whose name begins the same', '../root-2/secret', 'which lies outside the source'],
    ['nowhere', 'gone', 'which does not exist'],
    ['through a file', 'file/x', 'which does not exist'],
    ['to itself', 'link', 'which leads in a circle'],
    ['to the root', '.', 'in a circle'],
    ['back through another', 'other', 'in a circle'],
  ])('refuses a link that leads %s', async (_, target, why) => {
    const directory = await tempDir();
    const root = join(directory, 'root');
    await writeFiles(directory, { 'root/file': '', 'root-2/secret': '' });
    await symlink('link', join(root, 'other'));
    await symlink(target, join(root, 'link'));
    const error = await errorOf(walkSource(root));
    expect(error.code).toBe('LinkRefused');
    expect(error.message).toContain(why);
    expect(error.message).toContain(`"link" is a symbolic link`);
    expect(error.message).toContain(target === '.' ? 'back up to' : `"${target}"`);
  });

  it('refuses a link from a directory up to one that holds it', async () => {
    const root = await tempDir();
    await writeFiles(root, { 'a/b/file': '' });
    await symlink('../../a', join(root, 'a/b/up'));
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'LinkRefused' });
    expect(error.message).toContain('"a/b/up" is a symbolic link that leads back up to');
  });

  it('refuses two directories that link to each other', async () => {
    const root = await tempDir();
    await writeFiles(root, { 'a/file': '', 'b/file': '' });
    await symlink('../b', join(root, 'a/b'));
    await symlink('../a', join(root, 'b/a'));
    expect(await errorOf(walkSource(root))).toMatchObject({ code: 'LinkRefused' });
  });

  it('says how to give one snapshot of a hub cache', async () => {
    const hub = join(await tempDir(), 'models--org--bert');
    await writeFiles(hub, { 'blobs/5f1c': 'x', 'snapshots/abc/': '' });
    await symlink('../../blobs/5f1c', join(hub, 'snapshots/abc/model.safetensors'));
    const error = await errorOf(walkSource(join(hub, 'snapshots/abc')));
    expect(error.message).toContain('"../../blobs/5f1c"');
    expect(error.hint).toContain('cp -rL');
    expect(error.hint).toContain('models--org--bert", which holds both ends');
    expect(pathsOf(await walkSource(hub))).toEqual(['blobs/5f1c', 'snapshots/abc/model.safetensors']);
  });

  it('refuses links that multiply without end', async () => {
    const root = await tempDir();
    await mkdir(join(root, '9'));
    for (let level = 8; level >= 0; level -= 1) {
      await mkdir(join(root, `${level}`));
      for (const name of 'abcd') await symlink(`../${level + 1}`, join(root, `${level}`, name));
    }
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'FileRefused' });
    expect(error.message).toContain('more than 1000 links to directories');
  });

  it('refuses more files than any model has', async () => {
    const root = await tempDir();
    await mkdir(join(root, 'files'));
    for (let number = 0; number < 1000; number += 1) writeFileSync(join(root, `files/${number}`), '');
    for (let number = 0; number < 200; number += 1) await symlink('files', join(root, `link-${number}`));
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'FileRefused' });
    expect(error.message).toContain('more than 200000 files');
  });

  it('refuses a FIFO without waiting for its writer, by name and through a link', async () => {
    const root = await tempDir();
    spawnSync('mkfifo', [join(root, 'pipe')]);
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'FileRefused' });
    expect(error.message).toContain('"pipe" is a FIFO');
    await symlink('pipe', join(root, 'link'));
    expect((await errorOf(walkSource(root))).message).toContain('"link" is a FIFO');
  });

  it('refuses a socket', async () => {
    const root = await tempDir();
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'FileRefused' });
    expect(error.message).toContain('"socket" is a socket');
  });

  it.each([
    ['is not UTF-8', Buffer.from('mod\xe8le', 'latin1'), '"mod\\xe8le"'],
    ['holds a newline', Buffer.from('a\nb'), '"a\\nb"'],
    ['is a whiteout', Buffer.from('.wh.x'), '".wh.x"'],
  ])('refuses a name that %s, of a file, directory or link', async (_, name, shown) => {
    for (const make of [writeEmpty, mkdir, linkToFile]) {
      const root = await tempDir();
      await writeFiles(root, { 'sub/file': '' });
      await make(Buffer.concat([Buffer.from(`${root}/sub/`), name]));
      const error = await errorOf(walkSource(root));
      expect(error).toMatchObject({ code: 'FileRefused' });
      expect(error.message).toContain(`the name ${shown} in "sub"`);
    }
  });

  it('refuses a link to a file whose own name would be refused', async () => {
    const directory = await tempDir();
    await writeFiles(directory, { 'root/a': '' });
    await symlink(Buffer.from('b\xff', 'latin1'), join(directory, 'root/a-link'));
    await writeEmpty(Buffer.concat([Buffer.from(`${directory}/root/`), Buffer.from('b\xff', 'latin1')]));
    expect((await errorOf(walkSource(join(directory, 'root')))).message).toContain('b\\xff');
  });

  it('refuses directories that are too deep', async () => {
    const root = await tempDir();
    const deepest = join(root, 'd/'.repeat(MAX_DEPTH));
    await mkdir(join(deepest, '..'), { recursive: true });
    expect((await walkSource(root)).emptyDirectories).toHaveLength(1);
    await mkdir(deepest);
    const error = await errorOf(walkSource(root));
    expect(error).toMatchObject({ code: 'FileRefused' });
    expect(error.message).toContain('more than 100 deep');
  });

  it.each([
    ['does not exist', 'gone', 'does not exist'],
    ['leads through a file', 'file/x', 'does not exist'],
    ['is a file', 'file', 'is no directory'],
    ['is a link to nothing', 'dangling', 'does not exist'],
  ])('says that a path %s', async (_, path, why) => {
    const directory = await tempDir();
    await writeFiles(directory, { file: '' });
    await symlink('nothing', join(directory, 'dangling'));
    const error = await errorOf(walkSource(join(directory, path)));
    expect(error.code).toBe('PathNotFound');
    expect(error.message).toContain(`${path}" ${why}`);
  });

  it('finds names that differ only by case, each in its directory', async () => {
    const root = await tempDir();
    await writeFiles(root, { 'sub/a.json': '', 'sub/A.json': '', 'a.json': '' });
    expect((await walkSource(root)).clashes).toEqual([['sub/A.json', 'sub/a.json']]);
  });

  it('stops when it is told to', async () => {
    const root = await tempDir();
    expect(await errorOf(walkSource(root, AbortSignal.abort()))).toMatchObject({ code: 'Cancelled' });
  });
});

async function writeEmpty(path: Buffer): Promise<void> {
  await writeFile(path, '');
}

async function linkToFile(path: Buffer): Promise<void> {
  await symlink('file', path);
}
