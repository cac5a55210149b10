import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LAYER_LIMITS, planLayers, type PlannedLayer } from '../../src/image/plan.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { someFile } from './support/files.ts';
import { tarOfLayer } from './support/tar.ts';

const MIB = 1024 ** 2;
const LARGE = 64 * MIB;

/** Small enough to see bundles end: a large file has 4 KiB, a bundle 8 KiB. */
const TINY = { largeFile: 4096, bundle: 8192, maxLayers: 127 };

const names = (layer: PlannedLayer): string[] => layer.members.map(({ entry }) => entry.path);
const titles = (layers: readonly PlannedLayer[]): string[] => layers.map(({ title }) => title);
const planOf = (sizes: Record<string, number>, limits = LAYER_LIMITS): PlannedLayer[] =>
  planLayers(
    { files: Object.entries(sizes).map(([path, size]) => someFile(path, size)), emptyDirectories: [] },
    limits,
  );

describe('the limits', () => {
  it('are 64 MiB for a file, 256 MiB for a bundle and 127 layers', () => {
    expect(LAYER_LIMITS).toEqual({ largeFile: 67108864, bundle: 268435456, maxLayers: 127 });
  });
});

describe('layers and their titles', () => {
  const table: [string, Record<string, number>, string[]][] = [
    ['large files only', { 'b.gguf': LARGE, 'a.gguf': LARGE * 9 }, ['a.gguf.tar', 'b.gguf.tar']],
    ['small files only', { 'b.json': 1, 'a.json': LARGE - 1 }, ['files-1.tar']],
    ['one small file, which is called after it', { 'sub/a.json': 1 }, ['sub/a.json.tar']],
    ['an empty file', { empty: 0 }, ['empty.tar']],
    [
      'both, the large before the small',
      { 'a.json': 1, 'm/w.bin': LARGE, 'z.json': 1 },
      ['m/w.bin.tar', 'files-1.tar'],
    ],
    [
      'a file of exactly 64 MiB and one a byte smaller',
      { a: LARGE - 1, b: LARGE, c: 1 },
      ['b.tar', 'files-1.tar'],
    ],
    [
      'paths in the order of their bytes',
      { '\u{1f600}': LARGE, '\uffee': LARGE, Z: LARGE, a: LARGE },
      ['Z.tar', 'a.tar', '\uffee.tar', '\u{1f600}.tar'],
    ],
    [
      'a large file that has the name of a bundle',
      { 'files-1': LARGE, a: 1, b: 1 },
      ['files-1.tar', 'files-2.tar'],
    ],
    [
      'a large file that has the name of the link',
      { 'kubedl-model': LARGE, 'kubedl-model-1': LARGE },
      ['kubedl-model.tar', 'kubedl-model-1.tar'],
    ],
  ];
  it.each(table)('for %s', (_, sizes, expected) => {
    const planned = titles(planOf(sizes));
    expect(planned.slice(0, -1)).toEqual(expected);
    expect(planned.at(-1)).toBe('kubedl-model' in sizes ? 'kubedl-model-2.tar' : 'kubedl-model.tar');
  });

  it('do not depend on the order in which files are given', () => {
    const files = ['b', 'a/x', 'a', 'a.b', 'c/d/e'].map((path, index) => someFile(path, index * 3000));
    const plan = planLayers({ files, emptyDirectories: ['y', 'x'] }, TINY);
    expect(planLayers({ files: files.toReversed(), emptyDirectories: ['x', 'y'] }, TINY)).toEqual(plan);
  });
});

describe('members', () => {
  it('of a layer are its files and all directories above them, once and first', () => {
    const [bundle] = planOf({ 'b/c/two': 1, 'a.txt': 1, 'b/one': 1, 'b/c/three': 1 });
    expect(bundle && names(bundle)).toEqual([
      'models',
      'models/a.txt',
      'models/b',
      'models/b/c',
      'models/b/c/three',
      'models/b/c/two',
      'models/b/one',
    ]);
    expect(bundle?.files).toBe(4);
  });

  it('of every layer start with the directories, even those that another layer has', () => {
    const layers = planOf({ 'a/b/large': LARGE, 'a/b/small': 1 });
    expect(layers.slice(0, 2).map(names)).toEqual([
      ['models', 'models/a', 'models/a/b', 'models/a/b/large'],
      ['models', 'models/a', 'models/a/b', 'models/a/b/small'],
    ]);
  });

  it('name the file to read, and nothing for directories', () => {
    const file = someFile('a/x', 7);
    const [layer] = planLayers({ files: [file], emptyDirectories: [] });
    expect(layer?.members.map((member) => member.file)).toEqual([undefined, undefined, file]);
    expect(layer?.members[2]?.entry).toEqual({ type: 'file', path: 'models/a/x', size: 7 });
  });

  it('are empty directories too, sorted in among the files', () => {
    const content = { files: [someFile('a'), someFile('n/f')], emptyDirectories: ['m/deep', 'n/z'] };
    const [bundle] = planLayers(content);
    expect(bundle && names(bundle)).toEqual([
      'models',
      'models/a',
      'models/m',
      'models/m/deep',
      'models/n',
      'models/n/f',
      'models/n/z',
    ]);
    expect(bundle).toMatchObject({ title: 'files-1.tar', files: 2 });
  });

  it('of the last layer are one link', () => {
    const link = planOf({ a: 1 }).at(-1);
    expect(link).toEqual({
      title: 'kubedl-model.tar',
      members: [{ entry: { type: 'symlink', path: 'kubedl-model', target: 'models' }, file: undefined }],
      files: 0,
      size: 1536,
    });
  });
});

describe('a bundle', () => {
  // A header and content of 1024 bytes take 1536 each; models/ and the end take 512 + 1024.
  const five = { a: 1024, b: 1024, c: 1024, d: 1024 };

  it.each([
    ['is as large as the limit', 512 + 1024 + 4 * 1536, ['files-1.tar']],
    ['ends where one more byte would be too many', 512 + 1024 + 4 * 1536 - 1, ['files-1.tar', 'd.tar']],
    ['is followed by another for the rest', 512 + 1024 + 2 * 1536, ['files-1.tar', 'files-2.tar']],
    [
      'with a file that alone is above the limit is there all the same',
      1,
      ['a.tar', 'b.tar', 'c.tar', 'd.tar'],
    ],
  ])('%s', (_, bundle, expected) => {
    expect(titles(planOf(five, { ...TINY, bundle })).slice(0, -1)).toEqual(expected);
  });

  it('of real files has at most 256 MiB, header and end included', () => {
    const perFile = 64 * MIB - 512;
    const sizes = { a: perFile, b: perFile, c: perFile, d: perFile - 2048 - 512 };
    expect(planOf(sizes)[0]?.size).toBe(256 * MIB - 1024);
    expect(titles(planOf({ ...sizes, d: perFile - 2048 + 1024 }))).toEqual([
      'files-1.tar',
      'd.tar',
      'kubedl-model.tar',
    ]);
  });
});

describe('the number of layers', () => {
  const largeFiles = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`shard-${index}`, LARGE]));

  it('may be 127', () => {
    expect(planOf(largeFiles(126))).toHaveLength(127);
    expect(planOf({ ...largeFiles(125), small: 1 })).toHaveLength(127);
  });

  it.each([
    ['127 large files', largeFiles(127), 0, /128 layers: 127 .* 0 .* 1 with a link; .* 127/],
    [
      '126 large files and a small one',
      { ...largeFiles(126), small: 1 },
      0,
      /128 layers: 126 .* 1 of smaller/,
    ],
    [
      '124 large files, a small one and 2 layers of a base',
      { ...largeFiles(124), small: 1 },
      2,
      /, 2 of the base/,
    ],
  ])('is refused for %s', (_, sizes, baseLayers, message) => {
    const files = Object.entries(sizes).map(([path, size]) => someFile(path, size));
    const plan = (): unknown => planLayers({ files, emptyDirectories: [] }, { ...LAYER_LIMITS, baseLayers });
    expect(plan).toThrow(
      expect.objectContaining({
        code: 'TooManyLayers',
        message: expect.stringMatching(message) as string,
        hint: expect.stringContaining('max_shard_size') as string,
      }),
    );
  });

  it('counts those of a base that leave just enough', () => {
    const content = { files: [someFile('a')], emptyDirectories: [] };
    expect(planLayers(content, { ...LAYER_LIMITS, baseLayers: 125 })).toHaveLength(2);
  });
});

describe('any plan', () => {
  const size = fc.nat({ max: 9000 });
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c.d', 'é', 'n'.repeat(99)), { minLength: 1, maxLength: 4 })
    .map((segments) => segments.join('/'));
  const tree = fc.dictionary(path, size, { maxKeys: 30 }).map((sizes) => withoutFilesAbove(sizes));

  it('has every file once, directories before what they hold, unique titles, and says its size to the byte', () => {
    fc.assert(
      fc.property(tree, (sizes) => {
        const contents = new Map(
          Object.entries(sizes).map(([name, bytes]) => [name, Buffer.alloc(bytes, 'x')]),
        );
        const layers = planOf(sizes, TINY);
        expect(new Set(titles(layers)).size).toBe(layers.length);
        const files = layers.flatMap(({ members }) => members.flatMap(({ file }) => file?.path ?? []));
        expect(files.toSorted()).toEqual(Object.keys(sizes).toSorted());
        for (const layer of layers) {
          expect(tarOfLayer(layer, contents)).toHaveLength(layer.size);
          expect(layer.files).toBe(layer.members.filter(({ file }) => file !== undefined).length);
          expect(new Set(names(layer)).size).toBe(layer.members.length);
          for (const [index, name] of names(layer).entries()) {
            const parent = name.split('/').slice(0, -1).join('/');
            if (parent !== '') expect(names(layer).slice(0, index)).toContain(parent);
          }
        }
      }),
    );
  });
});

it('makes layers whose bytes are always these', () => {
  const contents = new Map(
    Object.entries({
      'config.json': '{"architectures":["BertModel"]}\n',
      'model.safetensors': 'w'.repeat(5000),
      'tokenizer/vocab.txt': '[PAD]\n[UNK]\n',
      [`${'long/'.repeat(50)}name-${'x'.repeat(60)}`]: 'far down',
    }).map(([path, text]) => [path, Buffer.from(text)]),
  );
  const files = [...contents].map(([path, { length }]) => someFile(path, length));
  const layers = planLayers({ files, emptyDirectories: ['cache'] }, { ...LAYER_LIMITS, largeFile: 4096 });
  expect(layers.map((layer) => [layer.title, digestOf(tarOfLayer(layer, contents))])).toEqual([
    ['model.safetensors.tar', 'sha256:46752115328463019e1292fef36dbc93c7590f7d38e7bdecae2c59caa8c05f9e'],
    ['files-1.tar', 'sha256:296945707df99223c35cbd3927d9db89e7789ec1f188e26652e5ced5e8ea6e16'],
    ['kubedl-model.tar', 'sha256:8b57439edf6d59afd65305b849a58496712fd2147115a9da45cd57a5bcd833eb'],
  ]);
});

/** A path cannot be a file and a directory. */
function withoutFilesAbove(sizes: Record<string, number>): Record<string, number> {
  const paths = Object.keys(sizes);
  const isAbove = (path: string): boolean => paths.some((other) => other.startsWith(`${path}/`));
  return Object.fromEntries(Object.entries(sizes).filter(([path]) => !isAbove(path)));
}
