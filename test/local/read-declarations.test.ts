import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { readDeclarations } from '../../src/local/read-declarations.ts';
import { tempDir } from '../support/tempdir.ts';

const never = new AbortController().signal;
const MODEL = 'apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}\n';

async function fifo(): Promise<string> {
  const path = join(await tempDir(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

describe('readDeclarations', () => {
  it('reads files in their order', async () => {
    const directory = await tempDir();
    const files = ['b', 'a'].map((name) => {
      writeFileSync(join(directory, name), MODEL.replace('bert', name));
      return join(directory, name);
    });
    const names = (await readDeclarations(files, never)).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['b', 'a']);
  });

  it('reads a FIFO until its writer closes it, also where the writer comes later', async () => {
    const path = await fifo();
    const read = readDeclarations([path], never);
    const writer = await open(path, 'w');
    for (const part of [MODEL.slice(0, 20), MODEL.slice(20)]) await writer.write(part);
    await writer.close();
    expect(await read).toMatchObject([{ kind: 'Model', metadata: { name: 'bert' } }]);
  });

  it('ends at an interruption, whether or not a FIFO has a writer', async () => {
    const path = await fifo();
    for (const writer of [undefined, await open(path, 'r+')]) {
      const stop = new AbortController();
      const read = readDeclarations([path], stop.signal);
      stop.abort(new StowageError('Cancelled', 'interrupted by SIGTERM'));
      await expect(read).rejects.toMatchObject({ code: 'Cancelled' });
      await writer?.close();
    }
  });

  it('reads no more of a FIFO than a declaration may have', async () => {
    const path = await fifo();
    const read = readDeclarations([path], never);
    // It is closed only when the answer is there: who waits for its end waits for ever.
    const writer = await open(path, 'w');
    const written = writer.write(Buffer.alloc(2 * 1024 * 1024, '#')).catch(() => undefined);
    await expect(read).rejects.toMatchObject({
      code: 'DeclarationInvalid',
      message: expect.stringContaining('too large') as string,
    });
    await written;
    await writer.close();
  });

  it.each([
    ['a large file', 'large', 'DeclarationInvalid'],
    ['a directory', 'directory', 'UsageInvalid'],
    ['a missing file', 'missing', 'UsageInvalid'],
    ['a device without an end', '/dev/zero', 'DeclarationInvalid'],
  ])('refuses %s', async (_, name, code) => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'large'), '#'.repeat(1024 * 1024 + 1));
    mkdirSync(join(directory, 'directory'));
    const file = name.startsWith('/') ? name : join(directory, name);
    await expect(readDeclarations([file], never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(JSON.stringify(file)) as string,
    });
  });
});
