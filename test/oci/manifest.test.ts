import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA, parseImageConfig, parseIndex, parseManifest } from '../../src/oci/manifest.ts';
import { thrownBy } from '../support/thrown.ts';

const blob = (mediaType: string): object => ({ mediaType, digest: digestOf(mediaType), size: 1 });
const MANIFEST = { schemaVersion: 2, config: blob(MEDIA.config), layers: [blob(MEDIA.layer)] };
const INDEX = { schemaVersion: 2, manifests: [blob(MEDIA.manifest)] };
const CONFIG = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf('a')] } };

const json = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));
const many = (value: unknown): unknown[] => Array.from({ length: 400_000 }, () => value);
const named = (value: unknown): object =>
  Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [i, value]));

describe('a document', () => {
  it('keeps what it has and we do not know', () => {
    const manifest = { ...MANIFEST, annotations: { a: 'b' }, later: { x: [1] } };
    expect(parseManifest(json(manifest), 'it')).toEqual(manifest);
    expect(parseIndex(json({ ...INDEX, later: 1 }), 'it')).toEqual({ ...INDEX, later: 1 });
    const config = { ...CONFIG, history: [{ created: 'x', later: 1 }], config: { Env: null } };
    expect(parseImageConfig(json(config), 'it')).toEqual(config);
  });

  it('says where its first wrong entry is', () => {
    const layers = [...MANIFEST.layers, { ...blob(MEDIA.layer), size: -1 }, {}];
    const error = thrownBy(() => parseManifest(json({ ...MANIFEST, layers }), 'the manifest'));
    expect(error).toMatchObject({ code: 'RegistryFailed' });
    expect(error.message).toContain('at layers[1].size');
    expect(error.message).not.toContain('layers[2]');
  });

  it('names three of its problems, not all', () => {
    const error = thrownBy(() => parseManifest(json({ layers: [{}], config: {} }), 'the manifest'));
    expect(error.message.match(/✖/g)).toHaveLength(3);
  });

  it.each([
    ['bad layers', parseManifest, { ...MANIFEST, layers: many(0) }],
    ['layers', parseManifest, { ...MANIFEST, layers: many({}) }],
    ['bad manifests', parseIndex, { ...INDEX, manifests: many(0) }],
    ['bad digests', parseImageConfig, { ...CONFIG, rootfs: { type: 'layers', diff_ids: many(0) } }],
    ['bad history', parseImageConfig, { ...CONFIG, history: many(0) }],
    ['history', parseImageConfig, { ...CONFIG, history: many({}) }],
    ['bad annotations', parseManifest, { ...MANIFEST, annotations: named(0) }],
    ['annotations of a layer', parseManifest, { ...MANIFEST, layers: [{ annotations: named(0) }] }],
    ['a media type', parseManifest, { ...MANIFEST, config: blob('x'.repeat(1_000_000)) }],
  ] as const)(
    'with hundreds of thousands of %s is refused in few words and little memory',
    (_, parse, document) => {
      const bytes = json(document);
      const before = process.memoryUsage().heapUsed;
      const error = thrownBy(() => parse(bytes, 'the manifest'));
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
      expect(error).toMatchObject({ code: 'RegistryFailed' });
      expect(error.message).not.toContain('not JSON');
      expect(error.message.length).toBeLessThan(1000);
    },
  );
});
