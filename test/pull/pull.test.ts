import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { someBytes } from '../support/blob-sources.ts';
import { putImage, tarOf } from '../support/images.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';
import { filesIn, packFolder, pullFrom } from './support.ts';

let root: string;
let out: string;
beforeEach(async () => {
  root = await tempDir();
  out = join(root, 'out');
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function writeModel(): void {
  write('model/config.json', '{}');
  write('model/weights.bin', someBytes(70 * 1024 ** 2));
  write('model/sub/tokenizer.json', '{"a": 1}');
  write('model/sub/deep/empty', '');
}

const NAMES = [
  'n'.repeat(255),
  `d/${'é'.repeat(127)}`,
  'with space',
  '..dots',
  'a\\b',
  '日本語.txt',
  '-dash',
  '*star?[x]',
  '.hidden',
  `${'long/'.repeat(60)}f`,
];

describe('a model that was packed', () => {
  it.each(['none', 'zstd'] as const)('is pulled as it was, compression %s', async (compression) => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`, compression);
    const report = await pullFrom(join(root, 'images'), out);
    expect(filesIn(out)).toEqual(filesIn(join(root, 'model')));
    expect(report.files.map(({ path, action }) => [path, action])).toEqual([
      ['config.json', 'written'],
      ['sub/deep/empty', 'written'],
      ['sub/tokenizer.json', 'written'],
      ['weights.bin', 'written'],
    ]);
    expect(report.bytes).toMatchObject({ files: 70 * 1024 ** 2 + 10, resumed: 0, same: 0 });
    expect(statSync(join(out, 'config.json')).mode & 0o7777).toBe(0o644);
  });

  it('is pulled again without fetching anything', async () => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), out);
    const report = await pullFrom(join(root, 'images'), out);
    expect(report.files.every(({ action }) => action === 'same')).toBe(true);
    expect(report.bytes).toMatchObject({ received: 0, same: report.bytes.files });
  });

  it('has names of every kind', async () => {
    for (const name of NAMES) write(`model/${name}`, name);
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), out);
    expect(filesIn(out)).toEqual(filesIn(join(root, 'model')));
  });

  it('leaves nothing but its files', async () => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), out);
    expect(readdirSync(out).sort()).toEqual(['config.json', 'sub', 'weights.bin']);
  });
});

describe('patterns', () => {
  it.each<[string, { include?: string[]; exclude?: string[] }, string[]]>([
    ['take single files', { include: ['config.json'] }, ['config.json']],
    ['take a directory', { include: ['sub'] }, ['sub/deep/empty', 'sub/tokenizer.json']],
    ['leave out files', { exclude: ['*.bin'] }, ['config.json', 'sub/deep/empty', 'sub/tokenizer.json']],
    ['do both', { include: ['*.json'], exclude: ['sub/**'] }, ['config.json']],
  ])('%s', async (_, { include = [], exclude = [] }, expected) => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    await pullFrom(join(root, 'images'), out, { filter: { include, exclude } });
    expect(Object.keys(filesIn(out))).toEqual(expected);
  });

  it('decide which layers are fetched, also where those are compressed', async () => {
    write('model/config.json', '{}');
    write('model/weights.bin', randomBytes(65 * 1024 ** 2));
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`, 'zstd');
    const { bytes } = await pullFrom(join(root, 'images'), out, {
      filter: { include: ['config.json'], exclude: [] },
    });
    expect(Object.keys(filesIn(out))).toEqual(['config.json']);
    expect(bytes.received).toBeLessThan(10_000);
  });

  it('that mean nothing are a mistake', async () => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
    const pulling = pullFrom(join(root, 'images'), out, { filter: { include: ['*.gguf'], exclude: [] } });
    expect(await rejectionOf(pulling)).toMatchObject({
      code: 'UsageInvalid',
      hint: expect.stringContaining('config.json') as string,
    });
  });
});

describe('a file that is there', () => {
  beforeEach(async () => {
    writeModel();
    await packFolder(join(root, 'model'), `oci:${root}/images:v1`);
  });

  it.each([
    ['of another size', 'config.json', '{"other": true}'],
    ['with other content', 'config.json', '[]'],
    ['that is large, with other content', 'weights.bin', someBytes(70 * 1024 ** 2, 'other')],
  ])('%s is not replaced unasked', async (_, path, content) => {
    write(`out/${path}`, content);
    expect(await rejectionOf(pullFrom(join(root, 'images'), out))).toMatchObject({ code: 'FileExists' });
    expect(readFileSync(join(out, path)).equals(Buffer.from(content as Uint8Array))).toBe(true);
    await pullFrom(join(root, 'images'), out, { overwrite: true });
    expect(filesIn(out)).toEqual(filesIn(join(root, 'model')));
  });

  it('and is one of several in a layer ends the pull before other files are written, each time', async () => {
    await putImage(openLayout(join(root, 'others')), [
      { bytes: tarOf(['models/weights', 'w'.repeat(10_000)]) },
      { bytes: tarOf(['models/a', 'one'], ['models/b', 'two']) },
    ]);
    write('out/b', 'TWO');
    for (let count = 0; count < 2; count += 1) {
      expect(await rejectionOf(pullFrom(join(root, 'others'), out))).toMatchObject({
        code: 'FileExists',
        message: expect.stringContaining('"b"') as string,
      });
      expect(readdirSync(out).filter((name) => !name.startsWith('.'))).toEqual(['b']);
    }
    const report = await pullFrom(join(root, 'others'), out, { overwrite: true });
    expect(report.bytes.resumed).toBeGreaterThan(0);
    expect(readFileSync(join(out, 'b'), 'utf8')).toBe('two');
    expect(readdirSync(out)).toEqual(['a', 'b', 'weights']);
  });

  it('with another that differs is fetched with it, and kept', async () => {
    write('out/config.json', '{}');
    write('out/extra', 'mine');
    await pullFrom(join(root, 'images'), out);
    expect(Object.keys(filesIn(out))).toContain('extra');
  });

  it('that is a directory or a link is never replaced', async () => {
    mkdirSync(join(out, 'config.json'), { recursive: true });
    expect(await rejectionOf(pullFrom(join(root, 'images'), out, { overwrite: true }))).toMatchObject({
      code: 'FileExists',
    });
  });

  it('and lies behind a link that leads out is not written to', async () => {
    mkdirSync(out);
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync('../elsewhere', join(out, 'sub'));
    expect(await rejectionOf(pullFrom(join(root, 'images'), out, { overwrite: true }))).toMatchObject({
      code: 'LinkRefused',
    });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  it('and is a link that leads out is not written through', async () => {
    mkdirSync(out);
    write('elsewhere', '{}');
    symlinkSync('../elsewhere', join(out, 'config.json'));
    expect(await rejectionOf(pullFrom(join(root, 'images'), out, { overwrite: true }))).toMatchObject({
      code: 'FileExists',
    });
    expect(readFileSync(join(root, 'elsewhere'), 'utf8')).toBe('{}');
  });

  it('may lie behind a link that stays in the directory', async () => {
    mkdirSync(join(out, 'real'), { recursive: true });
    symlinkSync('real', join(out, 'sub'));
    await pullFrom(join(root, 'images'), out);
    expect(readFileSync(join(out, 'real/tokenizer.json'), 'utf8')).toBe('{"a": 1}');
  });

  it('in a directory that cannot be made: the error says so', async () => {
    writeFileSync(join(root, 'file'), '');
    const below = join(root, 'file', 'out');
    expect(await rejectionOf(pullFrom(join(root, 'images'), below))).toMatchObject({ code: 'Unwritable' });
  });
});

/** Readers pass over what fills the last block of a content; most writers put zeros there. */
function padded(tar: Buffer): Buffer {
  return tar.fill(0x55, 512 + 'one'.length, 1024);
}

describe("somebody else's image", () => {
  const files = tarOf({ type: 'directory', path: 'models' }, ['models/a', 'one'], ['models/d/b', 'two']);

  it.each([
    [
      'of one gzipped layer',
      [{ bytes: gzipSync(files), mediaType: MEDIA.dockerLayerGzip }],
      { a: 'one', 'd/b': 'two' },
    ],
    ['of one plain layer', [{ bytes: files }], { a: 'one', 'd/b': 'two' }],
    [
      'that says gzip and is plain',
      [{ bytes: files, mediaType: MEDIA.layerGzip }],
      { a: 'one', 'd/b': 'two' },
    ],
    ['that says plain and is gzip', [{ bytes: gzipSync(files) }], { a: 'one', 'd/b': 'two' }],
    [
      'with a later layer',
      [
        { bytes: files },
        { bytes: gzipSync(tarOf(['models/a', 'new'], ['models/d/.wh.b', ''])), mediaType: MEDIA.layerGzip },
      ],
      { a: 'new' },
    ],
    ['without models', [{ bytes: tarOf(['./etc/x', 'y'], ['z', '']) }], { 'etc/x': 'y', z: '' }],
    ['with files beside models', [{ bytes: tarOf(['etc/x', 'y'], ['models/z', 'z']) }], { z: 'z' }],
    [
      'with other bytes behind its end',
      [{ bytes: Buffer.concat([tarOf(['models/a', 'one']), Buffer.alloc(5000, 7)]) }],
      { a: 'one' },
    ],
    ['with other bytes where its padding is', [{ bytes: padded(tarOf(['models/a', 'one'])) }], { a: 'one' }],
    [
      'with a file without content, and other bytes behind its end',
      [{ bytes: Buffer.concat([tarOf(['models/a', '']), Buffer.alloc(100_000, 7)]) }],
      { a: '' },
    ],
    [
      'with many other bytes behind its end',
      [{ bytes: Buffer.concat([tarOf(['models/a', 'one']), Buffer.alloc(100_000, 7)]) }],
      { a: 'one' },
    ],
    ['with one layer twice', [{ bytes: files }, { bytes: files }], { a: 'one', 'd/b': 'two' }],
  ])('%s', async (_, layers, expected) => {
    await putImage(openLayout(join(root, 'images')), layers);
    await pullFrom(join(root, 'images'), out);
    const decoded = Object.entries(filesIn(out)).map(([path, text]) => [
      path,
      Buffer.from(text, 'base64').toString(),
    ]);
    expect(Object.fromEntries(decoded)).toEqual(expected);
    const again = await pullFrom(join(root, 'images'), out);
    expect(again.files.every(({ action }) => action === 'same')).toBe(true);
  });
});
