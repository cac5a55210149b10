import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';
import { runStowage } from '../support/stowage.ts';

const run = promisify(execFile);

describe('the bundle', () => {
  let root: string;
  let program: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'stowage-bundle-'));
    await bundle(join(root, 'bundle'));
    program = join(root, 'bundle', 'stowage.js');
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const stowage = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [program, ...args], { cwd: root, env: { HOME: root } })).stdout;

  it('is all that is needed', async () => {
    expect((await readdir(join(root, 'bundle'))).sort()).toEqual([
      'LICENSE',
      'chunks',
      'package.json',
      'stowage.js',
    ]);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(JSON.parse(await stowage('version', '-o', 'json'))).toMatchObject({ stowage: version });
  });

  it('prints and packs what the sources do', async () => {
    expect(await stowage('crds')).toBe((await runStowage(['crds'])).stdout);
    await mkdir(join(root, 'model'));
    await writeFile(join(root, 'model', 'config.json'), '{}');
    const [packed, same] = await Promise.all([
      stowage('pack', 'model', '--to', 'oci:one:v1', '--compression', 'zstd', '-o', 'json'),
      runStowage(['pack', 'model', '--to', 'oci:two:v1', '--compression', 'zstd', '-o', 'json'], {
        cwd: root,
      }),
    ]);
    const digestOf = (document: string): unknown => (JSON.parse(document) as { digest: string }).digest;
    expect(digestOf(packed)).toBe(digestOf(same.stdout));
  });
});
