import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import type { RecordedLayer } from '../../src/record/record.ts';
import { reusable } from '../../src/record/reusable.ts';
import { file, manifestOf, plan, recordOf, recordWith } from './support.ts';

const PLANNED = plan(file('weights.bin', 5000), file('config.json', 20), file('vocab.txt', 30));
const RECORDED = PLANNED.map((layer) => recordOf(layer));
const KNOWN = { record: recordWith(RECORDED), layers: manifestOf(RECORDED) };
const [WEIGHTS, BUNDLE, LINK] = PLANNED;

/** What is known where one layer of the record is changed, and the image agrees. */
function changed(title: string, change: (layer: RecordedLayer) => Partial<RecordedLayer>): typeof KNOWN {
  const layers = RECORDED.map((layer) => (layer.title === title ? { ...layer, ...change(layer) } : layer));
  return { record: recordWith(layers), layers: manifestOf(layers) };
}

describe('a layer that is recorded', () => {
  it.each(['changed', 'none'] as const)('need not be read where nothing has changed: %s', (verify) => {
    expect(PLANNED.map((layer) => reusable(layer, MEDIA.layer, KNOWN, verify))).toEqual(RECORDED);
  });

  it('need not be read where it is compressed', () => {
    const layers = PLANNED.map((layer) => recordOf(layer, MEDIA.layerZstd));
    const known = { record: recordWith(layers), layers: manifestOf(layers) };
    expect(PLANNED.map((layer) => reusable(layer, MEDIA.layerZstd, known, 'changed'))).toEqual(layers);
    expect(PLANNED.map((layer) => reusable(layer, MEDIA.layer, known, 'none'))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('need not be read though it lies on top of a base', () => {
    const base = { mediaType: MEDIA.layerGzip, digest: digestOf('base'), size: 5 };
    const known = { ...KNOWN, layers: [base, ...KNOWN.layers] };
    expect(reusable(WEIGHTS!, MEDIA.layer, known, 'changed')).toEqual(RECORDED[0]);
  });

  it.each<[string, ReturnType<typeof file>, boolean]>([
    ['another inode', file('weights.bin', 5000, { ino: 99n }), true],
    ['another modification time', file('weights.bin', 5000, { mtimeNs: 5n }), true],
    ['another change time alone', file('weights.bin', 5000, { ctimeNs: 5n }), true],
    ['another size', file('weights.bin', 5001), false],
    ['another name', file('weights.bim', 5000), false],
  ])('is read where a file has %s', (_, other, withNone) => {
    const [planned] = plan(other, file('config.json', 20));
    expect(reusable(planned!, MEDIA.layer, KNOWN, 'changed')).toBeUndefined();
    expect(reusable(planned!, MEDIA.layer, KNOWN, 'none') !== undefined).toBe(withNone);
  });

  it('is not read for another device, which network storage has after each mount', () => {
    const [planned] = plan(file('weights.bin', 5000, { dev: 7n }));
    expect(reusable(planned!, MEDIA.layer, KNOWN, 'changed')).toEqual(RECORDED[0]);
  });

  it('is read where the identity of one file is not known', () => {
    const known = changed(BUNDLE!.title, ({ files }) => ({
      files: files.map(({ identity, ...rest }, index) =>
        index === 0 || identity === undefined ? rest : { ...rest, identity },
      ),
    }));
    expect(reusable(BUNDLE!, MEDIA.layer, known, 'changed')).toBeUndefined();
    expect(reusable(BUNDLE!, MEDIA.layer, known, 'none')).toBeDefined();
  });

  it.each<[string, string, (layer: RecordedLayer) => Partial<RecordedLayer>]>([
    ['other headers', WEIGHTS!.title, () => ({ headers: 'f'.repeat(64) })],
    ['a size that the tar cannot have', WEIGHTS!.title, () => ({ size: 512 })],
    ['another digest before compression', WEIGHTS!.title, () => ({ diffId: digestOf('other') })],
    ['another place of a file', BUNDLE!.title, withFirst({ offset: 0 })],
    ['another size of a file', BUNDLE!.title, withFirst({ size: 21 })],
    ['another path of a file', BUNDLE!.title, withFirst({ path: 'other.json' })],
    ['a file too few', BUNDLE!.title, ({ files }) => ({ files: files.slice(1) })],
    ['files that it cannot hold', LINK!.title, () => ({ files: RECORDED[1]!.files })],
  ])('is read where the record has %s, though the image agrees', (_, title, change) => {
    const planned = PLANNED.find((layer) => layer.title === title)!;
    expect(reusable(planned, MEDIA.layer, changed(title, change), 'none')).toBeUndefined();
  });

  it.each<[string, (layers: typeof KNOWN.layers) => typeof KNOWN.layers]>([
    ['does not have it', (layers) => layers.slice(1)],
    ['has another digest', ([first, ...rest]) => [{ ...first!, digest: digestOf('x') }, ...rest]],
    ['has another size', ([first, ...rest]) => [{ ...first!, size: 1 }, ...rest]],
    ['has another media type', ([first, ...rest]) => [{ ...first!, mediaType: MEDIA.layerZstd }, ...rest]],
    [
      'has it under another name',
      ([first, ...rest]) => [
        { ...first!, annotations: { 'org.opencontainers.image.title': 'other.tar' } },
        ...rest,
      ],
    ],
    ['names none', (layers) => layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))],
  ])('is read where the image %s', (_, change) => {
    const known = { ...KNOWN, layers: change(KNOWN.layers) };
    expect(reusable(WEIGHTS!, MEDIA.layer, known, 'none')).toBeUndefined();
  });

  it('is read where the image lists other files, or none', () => {
    const other = changed(BUNDLE!.title, withFirst({ digest: digestOf('other content') }));
    expect(reusable(BUNDLE!, MEDIA.layer, { ...KNOWN, record: other.record }, 'none')).toBeUndefined();
    const silent = KNOWN.layers.map(({ annotations, ...rest }) => ({
      ...rest,
      annotations: { 'org.opencontainers.image.title': annotations!['org.opencontainers.image.title']! },
    }));
    expect(reusable(BUNDLE!, MEDIA.layer, { ...KNOWN, layers: silent }, 'none')).toBeUndefined();
  });
});

function withFirst(change: Partial<RecordedLayer['files'][number]>) {
  return ({ files: [first, ...rest] }: RecordedLayer): Partial<RecordedLayer> => ({
    files: [{ ...first!, ...change }, ...rest],
  });
}

describe('any model', () => {
  const some = fc.record({
    path: fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f'),
    size: fc.constantFrom(0, 1, 999, 1000, 2000),
    ino: fc.constantFrom(1n, 2n),
    mtimeNs: fc.constantFrom(10n, 20n),
    ctimeNs: fc.constantFrom(10n, 20n),
  });
  const model = fc.uniqueArray(some, { selector: ({ path }) => path, minLength: 1 });
  type Some = typeof some extends fc.Arbitrary<infer T> ? T : never;

  const layersOf = (files: readonly Some[]) =>
    plan(...files.map(({ path, size, ...identity }) => file(path, size, identity)));
  const contents = (layer: ReturnType<typeof layersOf>[number]) =>
    layer.members.map(({ entry, file: of }) => [entry, of && [of.size, of.identity]]);

  it('has exactly those layers taken from a record whose paths, sizes and identities are the same', () => {
    fc.assert(
      fc.property(model, model, (before, now) => {
        const old = layersOf(before);
        const recorded = old.map((layer) => recordOf(layer));
        const known = { record: recordWith(recorded), layers: manifestOf(recorded) };
        for (const layer of layersOf(now)) {
          const same = old.find(({ title }) => title === layer.title);
          const expected = same !== undefined && isEqual(contents(same), contents(layer));
          expect(reusable(layer, MEDIA.layer, known, 'changed') !== undefined).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function isEqual(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
  return text(a) === text(b);
}
