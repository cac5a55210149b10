import { existsSync, readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { atomicWrite, writeError } from '../../src/files/atomic-write.ts';
import { tempDir } from '../support/tempdir.ts';

describe('atomicWrite', () => {
  it('makes the directories that are missing and leaves nothing beside the file', async () => {
    const directory = join(await tempDir(), 'a', 'b');
    await atomicWrite(join(directory, 'file'), 'content');
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('content');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('replaces what was there', async () => {
    const path = join(await tempDir(), 'file');
    writeFileSync(path, 'old and longer');
    await atomicWrite(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('writes a file whose name is as long as names can be', async () => {
    const path = join(await tempDir(), 'n'.repeat(255));
    await atomicWrite(path, 'content');
    expect(readFileSync(path, 'utf8')).toBe('content');
  });

  it('leaves the old file and nothing else when it cannot be replaced', async () => {
    const directory = await tempDir();
    mkdirSync(join(directory, 'taken'));
    await expect(atomicWrite(join(directory, 'taken'), 'content')).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['taken']);
    expect(existsSync(join(directory, 'taken'))).toBe(true);
  });
});

describe('writeError', () => {
  it.each([
    ['ENOSPC', 'OutOfDisk'],
    ['EDQUOT', 'OutOfDisk'],
    ['EACCES', 'StateUnusable'],
  ])('tells a full disk from the rest: %s', (system, code) => {
    const error = Object.assign(new Error(system), { code: system });
    expect(writeError(error, '/some/file', 'StateUnusable')).toMatchObject({ code, cause: error });
  });

  it('passes our own errors on as they are', () => {
    const error = new StowageError('ArtifactChanged', 'x');
    expect(writeError(error, 'y', 'StateUnusable')).toBe(error);
  });
});
