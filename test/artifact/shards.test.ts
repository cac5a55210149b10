import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  MAX_INDEX_BYTES,
  numberingWarnings,
  readShardIndexes,
  type ShardIndex,
} from '../../src/artifact/shards.ts';
import { walkSource } from '../../src/artifact/walk.ts';
import { writeFiles, writeSparse } from '../support/model-files.ts';
import { tempDir } from '../support/tempdir.ts';
import { errorOf } from './support.ts';

const index = (...shards: string[]): string =>
  JSON.stringify({
    metadata: { total_size: 10 },
    weight_map: Object.fromEntries(shards.map((shard, number) => [`layer.${number}`, shard])),
  });

async function readIndexes(root: string): Promise<ShardIndex[]> {
  return await readShardIndexes((await walkSource(root)).files);
}

describe('readShardIndexes', () => {
  it('finds what each index names, beside it', async () => {
    const root = await tempDir();
    await writeFiles(root, {
      'model.safetensors.index.json': index('1.safetensors', '2.safetensors', '1.safetensors'),
      '1.safetensors': '',
      '2.safetensors': '',
      'sub/pytorch_model.bin.index.json': index('1.bin'),
      'sub/1.bin': '',
      'unet/diffusion_pytorch_model.safetensors.index.fp16.json': index('x.safetensors'),
      'unet/x.safetensors': '',
      'index.json': index('not-looked-at'),
    });
    expect(await readIndexes(root)).toEqual([
      { directory: '', format: 'safetensors', shards: new Set(['1.safetensors', '2.safetensors']) },
      { directory: 'sub/', format: 'pickle', shards: new Set(['sub/1.bin']) },
      { directory: 'unet/', format: 'safetensors', shards: new Set(['unet/x.safetensors']) },
    ]);
  });

  it('takes a link for the shard that it leads to', async () => {
    const root = await tempDir();
    await writeFiles(root, { blob: '', 'model.safetensors.index.json': index('1.safetensors') });
    await symlink('blob', join(root, '1.safetensors'));
    expect(await readIndexes(root)).toHaveLength(1);
  });

  it('names the first shard that is missing, and counts the others', async () => {
    const root = await tempDir();
    await writeFiles(root, {
      'm/model.safetensors.index.json': index('3.safetensors', '1.safetensors', '2.safetensors'),
      'm/1.safetensors': '',
    });
    const error = await errorOf(readIndexes(root));
    expect(error.code).toBe('ArtifactTruncated');
    expect(error.message).toBe(
      '"m/model.safetensors.index.json" names "m/2.safetensors", which is not there, nor are 1 others',
    );
  });

  it.each([
    ['outside', '../secret'],
    ['nowhere', ''],
    ['at a directory', 'sub'],
  ])('calls a shard that an index puts %s missing', async (_, shard) => {
    const root = await tempDir();
    await writeFiles(root, { 'model.safetensors.index.json': index(shard), 'sub/x': '' });
    expect(await errorOf(readIndexes(root))).toMatchObject({ code: 'ArtifactTruncated' });
  });

  it.each([
    ['no JSON', 'hello', 'no "{"'],
    ['cut short', index('1.safetensors').slice(0, -1), 'no "}"'],
    ['empty', '', 'no "{"'],
    ['a map of other things', '{"weight_map":{"a":{"b":1}}}', 'where one belongs'],
    [
      'names without end',
      index(...Array.from({ length: 10_001 }, (_, number) => `${number}`)),
      'names more than 10000 files',
    ],
  ])('refuses an index that is %s', async (_, content, why) => {
    const root = await tempDir();
    await writeFiles(root, { 'model.safetensors.index.json': content });
    const error = await errorOf(readIndexes(root));
    expect(error).toMatchObject({ code: 'ArtifactInvalid' });
    expect(error.message).toContain('"model.safetensors.index.json" is no valid index of weights: it');
    expect(error.message).toContain(why);
  });

  it('refuses an index that is too large to be one, without reading it', async () => {
    const root = await tempDir();
    await writeSparse(join(root, 'model.safetensors.index.json'), MAX_INDEX_BYTES + 1);
    expect((await errorOf(readIndexes(root))).message).toContain('is larger than');
  });
});

describe('numberingWarnings', () => {
  it.each([
    [['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'], []],
    [
      ['m-00001-of-00003.gguf', 'm-00003-of-00003.gguf'],
      ['Of "m-*-of-00003.gguf" only 2 of 3 files are here.'],
    ],
    [
      ['a/m-00001-of-00002.gguf', 'b/m-00002-of-00002.gguf'],
      [
        'Of "a/m-*-of-00002.gguf" only 1 of 2 files are here.',
        'Of "b/m-*-of-00002.gguf" only 1 of 2 files are here.',
      ],
    ],
    [
      ['m-00001-of-00002.gguf', 'm-00002-of-00002.safetensors'],
      [
        'Of "m-*-of-00002.gguf" only 1 of 2 files are here.',
        'Of "m-*-of-00002.safetensors" only 1 of 2 files are here.',
      ],
    ],
    [['m-1-of-2.gguf', 'part-00001.bin', '00001-of-00002'], []],
    [['m-00001-of-99999.gguf'], ['Of "m-*-of-99999.gguf" only 1 of 99999 files are here.']],
  ])('of %j warns of %j', (paths, warnings) => {
    expect(numberingWarnings(paths)).toEqual(warnings);
  });
});
