import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFiles } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';

const SCRIPT = fileURLToPath(new URL('./scan-as-nobody.ts', import.meta.url));

interface Result {
  readonly uid: number;
  readonly files?: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

describe('a source that may not be read', () => {
  it('is read by a user who may', async () => {
    expect(scanAsNobody(await readableByAll())).toMatchObject({ files: 2 });
  });

  it.each([
    ['a file', 'sub/weights.bin', 0o000, '"sub/weights.bin" cannot be read: it belongs to'],
    ['a directory', 'sub', 0o311, '"sub" cannot be read: it belongs to'],
    [
      'a directory that only lists',
      'sub',
      0o644,
      '"sub/weights.bin" cannot be read: its directory belongs to',
    ],
    ['the root', '', 0o000, '" cannot be read: it belongs to'],
  ])('is refused for %s, with its owner, its mode and our uid', async (_, path, mode, message) => {
    const root = await readableByAll();
    await chmod(join(root, path), mode);
    onTestFinished(() => chmod(join(root, path), 0o755));
    const result = scanAsNobody(root);
    const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    expect(result.code).toBe('SourceUnreadable');
    expect(result.message).toContain(`${message} ${owner} with mode 0${mode.toString(8).padStart(3, '0')}`);
    expect(result.message).toContain(`this process runs as uid ${result.uid}`);
    expect(result.hint).toContain(`Give uid ${result.uid} the right`);
  });
});

function scanAsNobody(root: string): Result {
  return JSON.parse(execFileSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' })) as Result;
}

async function readableByAll(): Promise<string> {
  const root = await tempDir();
  await writeFiles(root, { 'config.json': '{}', 'sub/weights.bin': 'x' });
  await chmod(root, 0o755);
  return root;
}
