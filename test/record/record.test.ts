import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { recordBytes, recordedLayer, storageHash } from '../../src/record/make.ts';
import {
  MAX_RECORD_BYTES,
  MAX_RECORDED_FILES,
  parseRecord,
  type DigestRecord,
} from '../../src/record/record.ts';
import { file, plan, recordOf, recordWith, SCANNED_AT } from './support.ts';

const parse = (value: unknown): DigestRecord | undefined => parseRecord(Buffer.from(JSON.stringify(value)));

const [BUNDLE, LINK] = plan(file('a.json'), file('b.json'));
const RECORD = recordWith([recordOf(BUNDLE!), recordOf(LINK!)]);

describe('a record', () => {
  it('has exactly these bytes', () => {
    expect(recordBytes(recordWith([recordOf(plan(file('a'))[0]!)])).toString()).toBe(
      '{"layers":[{"diffId":"sha256:e3493f620c7ba784eeffbc5639172a040cac6aa91912161a7dfcf7e4194aeaf1",' +
        '"digest":"sha256:e3493f620c7ba784eeffbc5639172a040cac6aa91912161a7dfcf7e4194aeaf1",' +
        '"files":[{"identity":{"ctimeNs":"1700000000000000002","ino":"1","mtimeNs":"1700000000000000001"},' +
        '"offset":1024,"path":"a","size":3}],' +
        '"headers":"e01a35df4ba6f645c72ed0f4f024438bc394cee937f6351b5d53a78b34e393bd",' +
        `"mediaType":"${MEDIA.layer}","size":2560,"title":"a.tar"}],"storage":"${'a'.repeat(64)}","version":1}`,
    );
  });

  it('comes back as it was written', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 60, unit: 'binary' })
      .filter((path) => !path.includes('\0'));
    const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
    const identity = fc.record({ ino: big, mtimeNs: big, ctimeNs: big });
    const files = fc.uniqueArray(fc.tuple(name, fc.nat(3000), identity), {
      selector: ([path]) => path,
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(files, (list) => {
        const layers = plan(...list.map(([path, size, identity]) => file(path, size, identity)));
        const record = recordWith(layers.map((layer) => recordOf(layer)));
        expect(parseRecord(recordBytes(record))).toEqual(record);
      }),
    );
  });

  it('names the storage by a hash', () => {
    expect(storageHash('nfs:server:/models')).toMatch(/^[0-9a-f]{64}$/);
    expect(storageHash('nfs:server:/models')).not.toBe(storageHash('nfs:server:/models2'));
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['another version', { ...RECORD, version: 2 }],
    ['a storage that is no hash', { ...RECORD, storage: 'nfs:server:/models' }],
    ['a layer without a digest', { ...RECORD, layers: [{ ...RECORD.layers[0], digest: undefined }] }],
    ['a digest of another kind', { ...RECORD, layers: [{ ...RECORD.layers[0], digest: 'md5:12' }] }],
    ['a negative size', { ...RECORD, layers: [{ ...RECORD.layers[0], size: -1 }] }],
    ['a size that no double holds', { ...RECORD, layers: [{ ...RECORD.layers[0], size: 2 ** 60 }] }],
    ['more layers than an image has', { ...RECORD, layers: Array(128).fill(RECORD.layers[0]) }],
    ['a path that is too long', withFile({ path: 'a'.repeat(5000) })],
    ['an inode that is no number', withFile({ identity: { ino: '1e3', mtimeNs: '1', ctimeNs: '1' } })],
    ['an identity with a part missing', withFile({ identity: { ino: '1', mtimeNs: '1' } })],
  ])('is none with %s', (_, value) => {
    expect(parse(value)).toBeUndefined();
  });

  it('is none where it is too large or has too many files, however they are spread', () => {
    expect(parseRecord(Buffer.alloc(MAX_RECORD_BYTES + 1, ' '))).toBeUndefined();
    const layer = {
      ...RECORD.layers[0],
      files: Array(MAX_RECORDED_FILES / 2 + 1).fill({ path: 'a', size: 0, offset: 0 }),
    };
    expect(parse({ ...RECORD, layers: [layer] })).toBeDefined();
    expect(parse({ ...RECORD, layers: [layer, layer] })).toBeUndefined();
  });

  it('says nothing of what it does not know', () => {
    expect(parse({ ...RECORD, more: 1 })).toEqual(RECORD);
    expect(parse(RECORD)).toEqual(RECORD);
  });
});

function withFile(change: object): unknown {
  const [layer, ...others] = RECORD.layers;
  const [first, ...files] = layer!.files;
  return { ...RECORD, layers: [{ ...layer, files: [{ ...first, ...change }, ...files] }, ...others] };
}

describe('the identity of a file', () => {
  const second = 1_000_000_000n;
  const scanned = BigInt(SCANNED_AT) * 1_000_000n;
  it.each([
    ['35 seconds old', scanned - 35n * second, scanned - 35n * second, true],
    ['younger than that by its content', scanned - 35n * second + 1n, scanned - 50n * second, false],
    ['younger than that by anything else', scanned - 50n * second, scanned - 35n * second + 1n, false],
    ['of the future', scanned + 3600n * second, scanned - 50n * second, false],
  ])('is recorded where the file is not too young: %s', (_, mtimeNs, ctimeNs, recorded) => {
    const [planned] = plan(file('a', 3, { mtimeNs, ctimeNs }));
    const digest = digestOf('tar');
    const stored = { digest, diffId: digest, size: 5 };
    const layer = recordedLayer({ planned: planned!, mediaType: MEDIA.layer, stored }, SCANNED_AT);
    expect(layer.files[0]?.identity).toEqual(
      recorded ? { ino: '1', mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs) } : undefined,
    );
  });
});
