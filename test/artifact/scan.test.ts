import { spawnSync } from 'node:child_process';
import { link, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { scanArtifact } from '../../src/artifact/scan.ts';
import {
  ggufBytes,
  lfsPointer,
  PICKLE,
  safetensorsBytes,
  torchBytes,
  writeFiles,
  writeSafetensors,
  writeSparse,
} from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';
import { errorOf } from './support.ts';

async function scan(files: Readonly<Record<string, string | Uint8Array>>): Promise<Artifact> {
  const root = await tempDir();
  await writeFiles(root, files);
  return await scanArtifact(root);
}

const bert = safetensorsBytes({
  w: { dtype: 'BF16', shape: [30, 10] },
  bias: { dtype: 'F32', shape: [10] },
  ids: { dtype: 'I64', shape: [1] },
});

describe('scanArtifact', () => {
  it('finds the files and says what they are', async () => {
    const artifact = await scan({
      'model.safetensors': bert,
      'config.json': JSON.stringify({
        architectures: ['BertModel'],
        model_type: 'bert',
        max_position_embeddings: 512,
      }),
      'onnx/model.onnx': 'x',
      'training_args.bin': torchBytes(),
      'logs/': '',
      'README.md': 'GGUF is what this is not',
    });
    expect(artifact.files.map(({ path, format }) => [path, format])).toEqual([
      ['README.md', 'other'],
      ['config.json', 'other'],
      ['model.safetensors', 'safetensors'],
      ['onnx/model.onnx', 'onnx'],
      ['training_args.bin', 'pickle'],
    ]);
    expect(artifact.emptyDirectories).toEqual(['logs']);
    expect(artifact.bytes).toBe(artifact.files.reduce((sum, { size }) => sum + size, 0));
    expect(artifact.files[2]).toMatchObject({
      size: bert.length,
      location: join(artifact.root, 'model.safetensors'),
    });
    expect(artifact.facts).toEqual({
      format: 'safetensors',
      parameters: 311,
      precision: 'BF16,F32,I64',
      tensors: 3,
      contextLength: 512,
      architecture: 'BertModel',
    });
    expect(artifact.warnings).toEqual([expect.stringContaining('"training_args.bin": pickle-based')]);
  });

  it('leaves out what an interrupted pull keeps at the top, with a warning, and only there', async () => {
    const root = await tempDir();
    await writeFiles(root, {
      'config.json': '{}',
      '.stowage-pull/abc-0-5.partial': 'half',
      'sub/.stowage-pull/file': 'x',
    });
    await symlink('nobody', join(root, '.stowage-pull/lock'));
    const artifact = await scanArtifact(root);
    expect(artifact.files.map(({ path }) => path)).toEqual(['config.json', 'sub/.stowage-pull/file']);
    expect(artifact.warnings).toEqual([expect.stringContaining('files of the model may be missing')]);
  });

  it('scans a model that is larger than memory, and takes no more than its headers', async () => {
    const root = await tempDir();
    await writeSafetensors(join(root, 'huge.safetensors'), { w: { dtype: 'F16', shape: [12, 2 ** 30] } });
    await writeSparse(join(root, 'weights.bin'), 24 * 2 ** 30);
    expect((await scanArtifact(root)).facts).toMatchObject({
      parameters: 12 * 2 ** 30,
      tensors: 1,
      precision: 'F16',
    });
  });

  it.each([
    ['nothing', {}],
    ['only directories', { 'a/b/': '', 'c/': '' }],
  ])('refuses a source that holds %s', async (_, files) => {
    const error = await errorOf(scan(files));
    expect(error.code).toBe('ArtifactEmpty');
    expect(error.message).toMatch(/^".+" holds no files$/);
  });

  it.each([
    ['an empty file', 'model.safetensors', '', 'ArtifactTruncated'],
    ['half a file', 'sub/Model.SAFETENSORS', bert.subarray(0, 400), 'ArtifactTruncated'],
    ['half a file without a name', 'blobs/5f1c', bert.subarray(0, 400), undefined],
    ['another format', 'model.safetensors', PICKLE, 'ArtifactInvalid'],
    [
      'half a GGUF file',
      'm.gguf',
      ggufBytes({ metadata: { k: { text: 'v' } } }).subarray(0, 30),
      'ArtifactTruncated',
    ],
    ['a text', 'm.gguf', 'GGUF? I asked for weights.', 'ArtifactInvalid'],
    ['a text without that name', 'gguf.txt', 'GGUF? I asked for weights.', undefined],
    ['a Git LFS pointer', 'model.safetensors', lfsPointer(123_456), 'ArtifactTruncated'],
    ['a Git LFS pointer of any name', 'tokenizer.model', lfsPointer(123_456), 'ArtifactTruncated'],
    ['no header', 'pytorch_model.bin', 'not a pickle', undefined],
  ])('judges %s in the place of weights', async (_, path, content, code) => {
    const root = await tempDir();
    await writeFiles(root, { [path]: content });
    if (code === undefined) expect((await scanArtifact(root)).files[0]?.format).toBe('other');
    else
      expect(await errorOf(scanArtifact(root))).toMatchObject({
        code,
        message: expect.stringContaining(path) as string,
      });
  });

  it('says what a Git LFS pointer stands for and how to get it', async () => {
    const error = await errorOf(scan({ 'model.gguf': lfsPointer(123_456) }));
    expect(error.message).toBe(
      '"model.gguf" is a Git LFS pointer: the file itself, of 123456 bytes, was never downloaded',
    );
    expect(error.hint).toContain('git lfs pull');
  });

  it('refuses a source with a missing shard', async () => {
    const index = JSON.stringify({
      weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
    });
    const error = await errorOf(
      scan({ 'model.safetensors.index.json': index, 'model-00001-of-00002.safetensors': bert }),
    );
    expect(error).toMatchObject({ code: 'ArtifactTruncated' });
    expect(error.message).toContain('"model-00002-of-00002.safetensors", which is not there');
  });

  it('names the first of several bad files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, number) => [`${10 + number}.safetensors`, number < 5 ? bert : '']),
    );
    expect((await errorOf(scan(files))).message).toContain('"15.safetensors"');
  });

  it('refuses what is no file without opening it', async () => {
    const root = await tempDir();
    await writeFiles(root, { a: '' });
    spawnSync('mkfifo', [join(root, 'model.safetensors')]);
    expect(await errorOf(scanArtifact(root))).toMatchObject({ code: 'FileRefused' });
  });

  it('stops when it is told to', async () => {
    const root = await tempDir();
    await writeFiles(root, { a: '' });
    expect(await errorOf(scanArtifact(root, AbortSignal.abort()))).toMatchObject({ code: 'Cancelled' });
  });
});

describe('the warnings of a scan', () => {
  it('tell what is in the image twice', async () => {
    const root = await tempDir();
    await writeFiles(root, { 'blobs/5f1c': bert, other: 'x', 'snapshots/main/': '', none: '' });
    await symlink('../../blobs/5f1c', join(root, 'snapshots/main/model.safetensors'));
    await link(join(root, 'other'), join(root, 'other-too'));
    await symlink('none', join(root, 'none-too'));
    const { warnings, facts, bytes } = await scanArtifact(root);
    expect(warnings).toEqual([
      expect.stringMatching(/^"other-too", "snapshots\/main\/model\.safetensors": the same as another file/),
    ]);
    expect(warnings[0]).toContain(`${bert.length + 1} bytes more`);
    expect(bytes).toBe(2 * bert.length + 2);
    expect(facts).toMatchObject({ parameters: 311, tensors: 3 });
  });

  it.each([
    ['names that clash', { 'A.json': '1', 'a.json': '2' }, '"A.json" and "a.json" differ only by case'],
    ['dotfiles at the top', { '.gitattributes': '', x: '' }, '".gitattributes": names that begin with a dot'],
    ['empty dot directories', { '.cache/': '', x: '' }, '".cache": names that'],
    [
      'pickles',
      { 'a.pkl': PICKLE, 'b.pt': torchBytes() },
      '"a.pkl", "b.pt": pickle-based, so loading it can run any code',
    ],
    ['gaps between numbers', { 'm-00002-of-00002.gguf': ggufBytes({}) }, 'only 1 of 2 files'],
    [
      'GGUF files that are not looked into',
      { 'm.gguf': Buffer.concat([Buffer.from('GGUF\x01\0\0\0'), Buffer.alloc(99)]) },
      '"m.gguf" is a GGUF file of version 1',
    ],
    ['a config that is no JSON', { 'config.json': '{' }, '"config.json" is no JSON object'],
    ['a config that is no object', { 'config.json': '[]' }, '"config.json" is no JSON object'],
    [
      'a config that is too long',
      { 'config.json': Buffer.alloc(2 ** 20 + 1, ' ') },
      '"config.json" is too long',
    ],
  ])('tell of %s', async (_, files, text) => {
    expect((await scan(files)).warnings).toEqual([expect.stringContaining(text)]);
  });

  it('stay few where names clash by the thousand', async () => {
    const names = Array.from({ length: 100 }, (_, number) => number);
    const files = Object.fromEntries(
      names.flatMap((name) => [
        [`a${name}`, ''],
        [`A${name}`, ''],
      ]),
    );
    const { warnings } = await scan(files);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('and 95 more pairs differ only');
  });
});
