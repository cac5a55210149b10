import { spawnSync } from 'node:child_process';
import { mkdir, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceError } from '../../src/artifact/fs-error.ts';
import { withSourceFile } from '../../src/artifact/source-file.ts';
import { StowageError } from '../../src/errors.ts';
import { writeFiles } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';
import { errorOf } from './support.ts';

describe('withSourceFile', () => {
  it('reads any range of a file', async () => {
    const root = await tempDir();
    await writeFiles(root, { file: '0123456789' });
    const read = await withSourceFile({ path: 'file', location: join(root, 'file') }, async (file) => {
      return [file.size, (await file.read(2, 3)).toString(), (await file.read(0, 0)).toString()];
    });
    expect(read).toEqual([10, '234', '']);
  });

  it.each<[string, (location: string) => unknown, string, string]>([
    [
      'a link',
      (location) => symlink('/etc/passwd', location),
      'ArtifactChanged',
      'was replaced by a symbolic link',
    ],
    [
      'a FIFO, without waiting for its writer',
      (location) => spawnSync('mkfifo', [location]),
      'FileRefused',
      'is a FIFO',
    ],
    ['a directory', (location) => mkdir(location), 'FileRefused', 'is no regular file'],
    ['nothing', () => undefined, 'ArtifactChanged', 'vanished'],
  ])('refuses a file that has become %s', async (_, make, code, message) => {
    const location = join(await tempDir(), 'file');
    await make(location);
    const error = await errorOf(withSourceFile({ path: 'sub/file', location }, () => Promise.resolve()));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`"sub/file" ${message}`);
  });

  it('tells that a file became shorter while it was read', async () => {
    const root = await tempDir();
    await writeFiles(root, { file: '0123456789' });
    const location = join(root, 'file');
    const promise = withSourceFile({ path: 'file', location }, async (file) => {
      await truncate(location, 5);
      return await file.read(0, file.size);
    });
    expect(await errorOf(promise)).toMatchObject({ code: 'ArtifactChanged', retryable: true });
  });

  it("lets through what is thrown while it reads: a defect is not the disk's doing", async () => {
    const root = await tempDir();
    await writeFiles(root, { file: '' });
    const place = { path: 'file', location: join(root, 'file') };
    const refusal = new StowageError('FileRefused', 'no');
    expect(await errorOf(withSourceFile(place, () => Promise.reject(refusal)))).toBe(refusal);
    expect(await errorOf(withSourceFile(place, () => Promise.reject(new TypeError('oops'))))).toMatchObject({
      code: 'Internal',
    });
  });
});

describe('sourceError', () => {
  it.each([
    ['EIO', 'SourceUnreadable', true, '"a" cannot be read'],
    ['ESTALE', 'SourceUnreadable', true, '"a" cannot be read'],
    ['EISDIR', 'SourceUnreadable', false, '"a" cannot be read'],
    ['ENOENT', 'ArtifactChanged', true, '"a" vanished'],
    ['ENAMETOOLONG', 'FileRefused', false, 'too long to open'],
  ])('takes %s for %s', async (code, expected, retryable, message) => {
    const error = await sourceError(Object.assign(new Error('it went wrong'), { code }), '/nowhere/a', 'a');
    expect(error).toMatchObject({ code: expected, retryable });
    expect(error.message).toContain(message);
  });

  it('says what may have refused root, and what another user lacks', async () => {
    const error = await sourceError(Object.assign(new Error('no'), { code: 'EACCES' }), '/nowhere/a', 'a');
    expect(error.message).toContain('its directory cannot be searched');
    expect(error.hint).toContain(process.getuid?.() === 0 ? 'root_squash' : 'chmod');
  });
});
