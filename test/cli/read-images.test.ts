import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { someBytes } from '../support/blob-sources.ts';
import { startDistribution, type RunningRegistry } from '../support/registries.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';

const MIB = 1024 ** 2;

let root: string;
beforeEach(async () => {
  root = await tempDir();
  mkdirSync(join(root, 'bert/sub'), { recursive: true });
  writeFileSync(join(root, 'bert/config.json'), '{}');
  writeFileSync(join(root, 'bert/sub/vocab.txt'), 'words');
});

const run = (...args: string[]) => runStowage(args, { cwd: root });

async function packed(): Promise<void> {
  expect(await run('pack', './bert', '--to', 'oci:images:v1', '--progress', 'off')).toMatchObject({
    code: 0,
  });
}

describe('stowage inspect', () => {
  it('shows files and layers', async () => {
    await packed();
    const { code, stdout } = await run('inspect', 'oci:images:v1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/models\/sub\/vocab\.txt +5 B/);
    expect(stdout).toContain('kubedl-model -> models (symlink)');
  });

  it('cuts long lists, and says how to see all', async () => {
    for (let number = 0; number < 60; number += 1) writeFileSync(join(root, `bert/f${number}`), '');
    await packed();
    expect((await run('inspect', 'oci:images:v1')).stdout).toContain('… and 22 files; --all shows them');
    expect((await run('inspect', 'oci:images:v1', '--all')).stdout).not.toContain('…');
  });

  it('prints a document', async () => {
    await packed();
    const document: unknown = JSON.parse((await run('inspect', 'oci:images:v1', '-o', 'json')).stdout);
    expect(document).toMatchObject({
      platform: 'linux/amd64',
      files: [
        { path: 'models/config.json', size: 2, format: 'other', offset: 1024 },
        { path: 'models/sub/vocab.txt' },
      ],
      others: [{ path: 'kubedl-model', kind: 'symlink', link: 'models' }],
    });
  });

  it.each([
    [['oci:images:v2'], 1, 'ImageNotFound'],
    [['oci:images:v1', '--platform', 'linux/arm64'], 2, 'UsageInvalid'],
    [['UPPER case'], 2, 'UsageInvalid'],
  ])('says what is wrong: %j', async (args, code, error) => {
    await packed();
    const failed = await run('inspect', ...args, '-o', 'json');
    expect(failed.code).toBe(code);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: error } });
  });
});

describe('stowage pull and verify', () => {
  it('write the files, and check them', async () => {
    await packed();
    const pulled = await run('pull', 'oci:images:v1', 'out');
    expect(pulled).toMatchObject({ code: 0 });
    expect(pulled.stdout).toContain('2 files written');
    expect(readFileSync(join(root, 'out/sub/vocab.txt'), 'utf8')).toBe('words');
    expect(await run('verify', 'oci:images:v1', 'out')).toMatchObject({ code: 0 });
    writeFileSync(join(root, 'out/sub/vocab.txt'), 'WORDS');
    writeFileSync(join(root, 'out/more'), '');
    const checked = await run('verify', 'oci:images:v1', 'out');
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/differs +sub\/vocab\.txt\nnot in it +more/);
    const again = await run('pull', 'oci:images:v1', 'out');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('--overwrite');
    expect((await run('pull', 'oci:images:v1', 'out', '--overwrite')).stdout).toContain(
      '1 file written, 1 file there already',
    );
  });

  it('takes several patterns', async () => {
    await packed();
    const { stdout } = await run(
      'pull',
      'oci:images:v1',
      'out',
      '--include',
      'vocab.*',
      '--include',
      'c*',
      '--exclude',
      'c*',
      '-o',
      'json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      files: [{ path: 'sub/vocab.txt', size: 5, action: 'written' }],
    });
  });
});

describe('stowage diff', () => {
  it('ends with 0 where nothing differs, and with 1 where something does', async () => {
    await packed();
    const same = await run('diff', 'oci:images:v1', './bert');
    expect(same).toMatchObject({ code: 0 });
    expect(same.stdout).toContain('no difference: 2 files, 7 B; to send 0 B');
    writeFileSync(join(root, 'bert/config.json'), '{"a": 1}');
    const other = await run('diff', 'oci:images:v1', './bert');
    expect(other.code).toBe(1);
    expect(other.stdout).toMatch(/changed +config\.json +2 B -> 8 B/);
    expect(await run('diff', 'oci:images:v1')).toMatchObject({ code: 2 });
    const either = await run('diff', 'oci:images:v1', 'bert');
    expect(either).toMatchObject({ code: 2 });
    expect(either.stderr).toContain('Write ./bert for the folder');
  });
});

describeWith(['distribution-registry'], 'a single file of a large image', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startDistribution()));
  afterAll(() => registry.stop());

  /** A way to the registry on which the bytes that come from it are counted. */
  async function counted(): Promise<{ host: string; bytes: () => number }> {
    let bytes = 0;
    const proxy = createServer((client) => {
      const [host = '', port = ''] = registry.host.split(':');
      const server = connect(Number(port), host);
      server.on('data', (chunk) => (bytes += chunk.length)).on('error', () => client.destroy());
      client.on('error', () => server.destroy());
      client.pipe(server).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    return { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, bytes: () => bytes };
  }

  it('costs little more than the file', async () => {
    const file = someBytes(MIB, 'tokenizer');
    writeFileSync(join(root, 'bert/weights.bin'), someBytes(256 * MIB, 'weights'));
    writeFileSync(join(root, 'bert/optimizer.bin'), someBytes(60 * MIB, 'optimizer'));
    writeFileSync(join(root, 'bert/tokenizer.bin'), file);
    const reference = `team/bert:v1`;
    await run('pack', './bert', '--to', `${registry.host}/${reference}`, '--progress', 'off');
    const way = await counted();
    const pulled = await run('pull', `${way.host}/${reference}`, 'out', '--include', 'tokenizer.bin');
    expect(pulled.code).toBe(0);
    expect(readFileSync(join(root, 'out/tokenizer.bin')).equals(file)).toBe(true);
    expect(way.bytes()).toBeLessThan(1.1 * MIB);
    const inspecting = way.bytes();
    expect(await run('inspect', `${way.host}/${reference}`)).toMatchObject({ code: 0 });
    expect(way.bytes() - inspecting).toBeLessThan(0.1 * MIB);
  });
});
