import { describe, expect, it } from 'vitest';
import type { PlannedLayer } from '../../src/image/plan.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import type { ImageStore } from '../../src/oci/target.ts';
import { wayOf, type Way, type WayContext } from '../../src/pack/way.ts';
import { file, manifestOf, plan, recordOf, recordWith } from '../record/support.ts';

const MIB = 1024 * 1024;
const store = (name: string): ImageStore => ({ name }) as ImageStore;
const TARGET = store('target');
const ELSEWHERE = store('elsewhere');

/** A layer of one large file, one of a small file. */
const [LARGE, SMALL] = plan(file('large', 2 * MIB), file('small', 2000)) as [PlannedLayer, PlannedLayer];
const TOUCHED = plan(file('large', 2 * MIB, { ctimeNs: 7n }), file('small', 2000, { ctimeNs: 7n })) as [
  PlannedLayer,
  PlannedLayer,
];
const [WRITTEN] = plan(file('large', 2 * MIB, { mtimeNs: 7n })) as [PlannedLayer];
const LAYERS = [recordOf(LARGE), recordOf(SMALL)] as const;
const OLD = { digest: digestOf('old image'), layers: manifestOf(LAYERS) };
const KNOWN = { record: recordWith(LAYERS), digest: digestOf('record'), layers: OLD.layers };

const tagged = { image: OLD, store: TARGET };
const earlier = { image: OLD, store: ELSEWHERE, mountFrom: undefined, known: undefined };
const recorded = { ...earlier, known: KNOWN };
/** An image with a layer of the same name and size that is another. */
const other = {
  digest: digestOf('other image'),
  layers: OLD.layers.map((layer) => ({ ...layer, digest: digestOf(`other ${layer.digest}`) })),
};

function way(layer: PlannedLayer, context: Partial<WayContext>): string {
  const made = wayOf(layer, {
    ...{ mediaType: MEDIA.layer, tagged: undefined, overwrite: true, earlier: undefined },
    ...{ verifySource: 'changed', ...context },
  });
  return `${made.how}${detail(made)}`;
}

function detail(made: Way): string {
  switch (made.how) {
    case 'hash':
      return made.expected.digest.startsWith(LAYERS[0].digest) || made.expected.digest === LAYERS[1].digest
        ? ''
        : ' another';
    case 'sample':
      return ` ${made.like.store.name}`;
    default:
      return '';
  }
}

describe('the way of a layer to the target', () => {
  it.each<[string, PlannedLayer, Partial<WayContext>, string]>([
    ['where nothing is known', LARGE, {}, 'send'],
    ['that is recorded', LARGE, { earlier: recorded }, 'recorded'],
    [
      'that is recorded, the tag having it',
      LARGE,
      { earlier: recorded, tagged, overwrite: false },
      'recorded',
    ],
    ['that is recorded, with full', LARGE, { earlier: recorded, verifySource: 'full' }, 'hash'],
    [
      'that is recorded, with full, under a tag that may not move',
      LARGE,
      { earlier: recorded, tagged, overwrite: false, verifySource: 'full' },
      'sample target',
    ],
    ['whose file was written to', WRITTEN, { earlier: recorded }, 'send'],
    ['whose file was written to, under a tag that may move', WRITTEN, { earlier: recorded, tagged }, 'send'],
    [
      'whose file was written to, under a tag that may not move',
      WRITTEN,
      { earlier: recorded, tagged, overwrite: false },
      'sample target',
    ],
    ['whose file was touched', TOUCHED[0], { earlier: recorded }, 'sample elsewhere'],
    [
      'whose file was touched, with none',
      TOUCHED[0],
      { earlier: recorded, verifySource: 'none' },
      'recorded',
    ],
    ['whose file was touched, and is small', TOUCHED[1], { earlier: recorded }, 'send'],
    [
      'whose file was touched, and is small, under a tag that may move',
      TOUCHED[1],
      { earlier: recorded, tagged },
      'send',
    ],
    [
      'whose file was touched, and is small, under a tag that may not move',
      TOUCHED[1],
      { earlier: recorded, tagged, overwrite: false },
      'hash',
    ],
    ['that an earlier image may have', LARGE, { earlier }, 'sample elsewhere'],
    ['that the tag may have', LARGE, { tagged }, 'sample target'],
    ['that the tag may have, and is small', SMALL, { tagged }, 'hash'],
    ['that an earlier image may have, and is small', SMALL, { earlier }, 'send'],
    [
      'of which the tag, which may not move, has another',
      LARGE,
      { earlier, tagged: { image: other, store: TARGET }, overwrite: false },
      'sample target',
    ],
    [
      'that is compressed, whose size nobody knows',
      LARGE,
      { mediaType: MEDIA.layerZstd, tagged, earlier },
      'send',
    ],
  ])('%s', (_, layer, context, expected) => {
    expect(way(layer, context)).toBe(expected);
  });
});
