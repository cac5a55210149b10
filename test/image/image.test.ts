import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../src/artifact/artifact.ts';
import type { BaseImage, BasePlatform } from '../../src/image/base.ts';
import { assembleImage } from '../../src/image/image.ts';
import type { ImageLayer } from '../../src/image/manifest.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA, parseImageConfig, parseIndex, parseManifest } from '../../src/oci/manifest.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;

function layer(title: string, digit: string, mediaType: string = MEDIA.layer): ImageLayer {
  return { title, mediaType, digest: digest(digit), diffId: digest(digit), size: 1536 };
}

const LAYERS = [layer('model.safetensors.tar', 'a'), layer('kubedl-model.tar', 'b')];
const FACTS: ModelFacts = {
  format: 'safetensors',
  parameters: 7241732096,
  precision: 'BF16,F32',
  tensors: 291,
  contextLength: 4096,
  architecture: 'llama',
};

const AMD64: BasePlatform = {
  platform: { architecture: 'amd64', os: 'linux' },
  config: { Env: ['PATH=/bin'], WorkingDir: '/srv' },
  labels: { 'model.kubedl.io/format': 'none', vendor: 'someone' },
  history: [{ created: '2024-05-01T00:00:00Z', created_by: 'ADD rootfs' }],
  layers: [{ mediaType: MEDIA.layerGzip, digest: digest('1'), size: 2000 }],
  diffIds: [digest('2')],
};
const ARM64: BasePlatform = { ...AMD64, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } };
const BASE: BaseImage = {
  reference: 'registry.example.com/busybox:1',
  digest: digest('9'),
  platforms: [AMD64],
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('an image from scratch', () => {
  const { platforms, root } = assembleImage({ layers: LAYERS, facts: FACTS });
  const [only] = platforms;

  it('has one config, with exactly these bytes', () => {
    expect(platforms).toHaveLength(1);
    expect(text(only!.config.bytes)).toBe(
      '{"architecture":"amd64",' +
        '"config":{"Labels":{"model.kubedl.io/architecture":"llama","model.kubedl.io/context-length":"4096",' +
        '"model.kubedl.io/format":"safetensors","model.kubedl.io/parameters":"7241732096",' +
        '"model.kubedl.io/precision":"BF16,F32","model.kubedl.io/tensors":"291"}},' +
        '"history":[{"created":"1970-01-01T00:00:00Z","created_by":"stowage: model.safetensors.tar"},' +
        '{"created":"1970-01-01T00:00:00Z","created_by":"stowage: kubedl-model.tar"}],' +
        '"os":"linux",' +
        `"rootfs":{"diff_ids":["${digest('a')}","${digest('b')}"],"type":"layers"}}`,
    );
  });

  it('has one plain manifest, with exactly these bytes', () => {
    expect(root).toBe(only!.manifest);
    expect(text(root.bytes)).toBe(
      '{"annotations":{"model.kubedl.io/architecture":"llama","model.kubedl.io/context-length":"4096",' +
        '"model.kubedl.io/format":"safetensors","model.kubedl.io/parameters":"7241732096",' +
        '"model.kubedl.io/precision":"BF16,F32","model.kubedl.io/tensors":"291"},' +
        `"config":{"digest":"${only!.config.descriptor.digest}","mediaType":"application/vnd.oci.image.config.v1+json",` +
        `"size":${only!.config.bytes.length}},` +
        '"layers":[{"annotations":{"org.opencontainers.image.title":"model.safetensors.tar"},' +
        `"digest":"${digest('a')}","mediaType":"application/vnd.oci.image.layer.v1.tar","size":1536},` +
        '{"annotations":{"org.opencontainers.image.title":"kubedl-model.tar"},' +
        `"digest":"${digest('b')}","mediaType":"application/vnd.oci.image.layer.v1.tar","size":1536}],` +
        '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}',
    );
    expect(root.descriptor.digest).toBe(
      'sha256:e03b747d0e558e8ecab2da0f07ad0a3fbfb8b7c600792cd967640d057c40b98c',
    );
  });

  it('describes its documents by their bytes', () => {
    for (const { descriptor, bytes } of [only!.config, only!.manifest]) {
      expect(descriptor).toMatchObject({ digest: digestOf(bytes), size: bytes.length });
    }
  });

  it('leaves out labels and annotations when nothing is known of the model', () => {
    const plain = assembleImage({ layers: LAYERS, facts: {} });
    expect(text(plain.platforms[0]!.config.bytes)).toContain('"config":{}');
    expect(parseManifest(plain.root.bytes, 'manifest').annotations).toBeUndefined();
  });

  it('takes compressed layers by their stored digest, and their diff_id into the config', () => {
    const zstd = { ...layer('a.tar', 'c', MEDIA.layerZstd), diffId: digest('d') };
    const image = assembleImage({ layers: [zstd], facts: {} });
    expect(parseImageConfig(image.platforms[0]!.config.bytes, 'config').rootfs.diff_ids).toEqual([
      digest('d'),
    ]);
    expect(parseManifest(image.root.bytes, 'manifest').layers[0]).toMatchObject({
      mediaType: MEDIA.layerZstd,
      digest: digest('c'),
    });
  });
});

describe('an image on a base of one platform', () => {
  const { platforms, root } = assembleImage({ layers: LAYERS, facts: { format: 'gguf' }, base: BASE });
  const config = parseImageConfig(platforms[0]!.config.bytes, 'config');

  it('is a plain manifest with the layers of the base below', () => {
    expect(root.descriptor.mediaType).toBe(MEDIA.manifest);
    const { layers } = parseManifest(root.bytes, 'manifest');
    expect(layers.map((each) => each.digest)).toEqual([digest('1'), digest('a'), digest('b')]);
    expect(layers).toEqual(platforms[0]!.layers);
  });

  it('keeps the environment of the base, its history and its diff_ids', () => {
    expect(config).toMatchObject({ config: { Env: ['PATH=/bin'], WorkingDir: '/srv' } });
    expect(config.rootfs.diff_ids).toEqual([digest('2'), digest('a'), digest('b')]);
    expect(config.history?.map((entry) => entry.created_by)).toEqual([
      'ADD rootfs',
      'stowage: model.safetensors.tar',
      'stowage: kubedl-model.tar',
    ]);
  });

  it('merges the labels, ours above', () => {
    expect(config.config?.Labels).toEqual({ 'model.kubedl.io/format': 'gguf', vendor: 'someone' });
  });

  it('says which base it has', () => {
    expect(parseManifest(root.bytes, 'manifest').annotations).toEqual({
      'model.kubedl.io/format': 'gguf',
      'org.opencontainers.image.base.digest': digest('9'),
      'org.opencontainers.image.base.name': 'registry.example.com/busybox:1',
    });
  });

  it('does not say where a base lay that has no name elsewhere', () => {
    const image = assembleImage({ layers: LAYERS, facts: {}, base: { ...BASE, reference: undefined } });
    expect(parseManifest(image.root.bytes, 'manifest').annotations).toEqual({
      'org.opencontainers.image.base.digest': digest('9'),
    });
  });
});

describe('an image on a base of several platforms', () => {
  const base = { ...BASE, platforms: [ARM64, AMD64] };
  const { platforms, root } = assembleImage({ layers: LAYERS, facts: FACTS, base });

  it('is an index over one manifest for each, in the order of the base', () => {
    expect(root.descriptor.mediaType).toBe(MEDIA.index);
    const index = parseIndex(root.bytes, 'index');
    expect(index.mediaType).toBe(MEDIA.index);
    expect(index.manifests).toEqual([
      {
        ...platforms[0]!.manifest.descriptor,
        platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
      },
      { ...platforms[1]!.manifest.descriptor, platform: { architecture: 'amd64', os: 'linux' } },
    ]);
  });

  it('has a config for each platform', () => {
    const configs = platforms.map(({ config }) => parseImageConfig(config.bytes, 'config'));
    expect(configs).toMatchObject([{ architecture: 'arm64', variant: 'v8' }, { architecture: 'amd64' }]);
  });
});

describe('any image', () => {
  const facts = fc.record(
    {
      format: fc.constantFrom('safetensors' as const, 'gguf' as const),
      parameters: fc.nat(),
      precision: fc.string(),
      architecture: fc.string({ unit: 'grapheme' }),
      tensors: fc.nat(),
      contextLength: fc.nat(),
    },
    { requiredKeys: [] },
  );
  const titles = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), {
    minLength: 1,
    maxLength: 5,
  });

  it('has the same bytes for the same input, and never an artifactType or another time', () => {
    fc.assert(
      fc.property(facts, titles, fc.boolean(), (known, names, onBase) => {
        const make = (given: ModelFacts): Buffer[] => {
          const layers = names.map((title, index) => layer(title, String(index)));
          const base = onBase ? { ...BASE, platforms: [AMD64, ARM64] } : undefined;
          const { platforms, root } = assembleImage({ layers, facts: given, base });
          const documents = [root, ...platforms.flatMap(({ config, manifest }) => [config, manifest])];
          return documents.map(({ bytes }) => Buffer.from(bytes));
        };
        const reordered = Object.fromEntries(Object.entries(known).toReversed()) as ModelFacts;
        const documents = make(known);
        expect(make(reordered)).toEqual(documents);
        for (const document of documents) {
          expect(Object.keys(JSON.parse(document.toString()) as object)).not.toContain('artifactType');
          const times = [...document.toString().matchAll(/"created":"([^"]*)"/g)].map(([, time]) => time);
          expect(['1970-01-01T00:00:00Z', '2024-05-01T00:00:00Z']).toEqual(expect.arrayContaining(times));
        }
      }),
    );
  });
});
