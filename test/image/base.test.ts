import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { resolveBase, type BaseImage } from '../../src/image/base.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { addImage, addIndex, PLAIN, ROOTFS, type TestImage, type TestLayer } from './support/base-image.ts';
import { MemoryStore } from './support/memory-store.ts';
import { fileMember, tarOf } from './support/tar.ts';

const { signal } = new AbortController();

/** The base that an image makes, stored alone under the tag `1`. */
async function baseOf(image: TestImage): Promise<BaseImage> {
  const store = new MemoryStore();
  addImage(store, { ...image, tag: '1' });
  return resolveBase(store, '1', signal);
}

const failure = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string });

describe('a base of one platform', () => {
  it('is named by tag and digest', async () => {
    const store = new MemoryStore('registry.example.com/library/busybox');
    const { digest } = addImage(store, { tag: '1.37' });
    expect(await resolveBase(store, '1.37', signal)).toMatchObject({
      reference: 'registry.example.com/library/busybox:1.37',
      digest,
      platforms: [{ platform: { architecture: 'amd64', os: 'linux' } }],
    });
    expect((await resolveBase(store, digest, signal)).reference).toBe(
      `registry.example.com/library/busybox@${digest}`,
    );
  });

  it('has no name when it comes from an image layout', async () => {
    const store = new MemoryStore('oci:/data/images');
    addImage(store, { tag: '1' });
    expect((await resolveBase(store, '1', signal)).reference).toBeUndefined();
  });

  it('has the variant that its config states', async () => {
    const base = await baseOf({ config: { architecture: 'arm64', variant: 'v8' } });
    expect(base.platforms[0]?.platform).toEqual({ architecture: 'arm64', os: 'linux', variant: 'v8' });
  });
});

describe('layers of a base', () => {
  const gzip = gzipSync(ROOTFS);
  const zstd = zstdCompressSync(ROOTFS);
  const table: [string, TestLayer, string][] = [
    ['OCI, plain', PLAIN, MEDIA.layer],
    ['OCI, gzip', { bytes: gzip, mediaType: MEDIA.layerGzip, tar: ROOTFS }, MEDIA.layerGzip],
    ['OCI, zstd', { bytes: zstd, mediaType: MEDIA.layerZstd, tar: ROOTFS }, MEDIA.layerZstd],
    ['Docker, gzip', { bytes: gzip, mediaType: MEDIA.dockerLayerGzip, tar: ROOTFS }, MEDIA.layerGzip],
    ['Docker, plain', { ...PLAIN, mediaType: 'application/vnd.docker.image.rootfs.diff.tar' }, MEDIA.layer],
    [
      'Docker, zstd',
      { bytes: zstd, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.zstd', tar: ROOTFS },
      MEDIA.layerZstd,
    ],
  ];
  it.each(table)('of type %s are taken as the same blob under an OCI type', async (_, layer, mediaType) => {
    const { platforms } = await baseOf({
      layers: [layer],
      manifestType: MEDIA.dockerManifest,
      configType: MEDIA.dockerConfig,
    });
    expect(platforms[0]).toMatchObject({
      layers: [{ mediaType, digest: digestOf(layer.bytes), size: layer.bytes.length }],
      diffIds: [digestOf(ROOTFS)],
    });
  });

  it.each([
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
    'application/vnd.cncf.model.weight.v1.raw',
    'constructor',
  ])('of type %s are refused', async (mediaType) => {
    const base = baseOf({ layers: [{ ...PLAIN, mediaType }] });
    await expect(base).rejects.toThrow(failure('BaseInvalid', new RegExp(`layer sha256:.*"${mediaType}"`)));
  });

  it('that several platforms share are read once', async () => {
    const store = new MemoryStore();
    const images = ['amd64', 'arm64'].map((architecture) => ({
      ...addImage(store, { config: { architecture } }),
      platform: { architecture, os: 'linux' },
    }));
    addIndex(store, images, '1');
    await resolveBase(store, '1', signal);
    expect(store.reads.get(digestOf(ROOTFS))).toBe(1);
  });
});

describe('the config of a base', () => {
  it('keeps all but Entrypoint, Cmd and User', async () => {
    const { platforms } = await baseOf({
      config: {
        config: {
          Entrypoint: ['/bin/sh'],
          cmd: ['-c', 'sleep'],
          USER: '1000',
          Env: ['PATH=/bin'],
          WorkingDir: '/srv',
          Volumes: { '/data': {} },
          Labels: { vendor: 'someone', odd: 7 },
        },
      },
    });
    expect(platforms[0]?.config).toEqual({
      Env: ['PATH=/bin'],
      WorkingDir: '/srv',
      Volumes: { '/data': {} },
    });
    expect(platforms[0]?.labels).toEqual({ vendor: 'someone' });
  });

  it.each([[null], [undefined], [{ Labels: null }]])('may hold nothing: %j', async (config) => {
    const { platforms } = await baseOf({ config: { config } });
    expect(platforms[0]).toMatchObject({ config: {}, labels: {} });
  });

  it('is refused when it nests without end', async () => {
    const store = new MemoryStore();
    const layer = store.addBlob(MEDIA.layer, ROOTFS);
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const rootfs = `{"type":"layers","diff_ids":["${layer.digest}"]}`;
    const json = `{"architecture":"amd64","os":"linux","config":{"Env":${deep}},"rootfs":${rootfs}}`;
    const config = store.addBlob(MEDIA.config, Buffer.from(json));
    store.addManifest(MEDIA.manifest, { schemaVersion: 2, config, layers: [layer] }, '1');
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('BaseInvalid', /nested deeper than 64 levels/),
    );
  });

  it('is refused when it is larger than is worth reading', async () => {
    const store = new MemoryStore();
    const config = { mediaType: MEDIA.config, digest: digestOf('x'), size: 5 * 1024 ** 2 };
    store.addManifest(MEDIA.manifest, { schemaVersion: 2, config, layers: [] }, '1');
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(failure('BaseInvalid', /5242880 bytes/));
  });
});

describe('the history of a base', () => {
  const two = [PLAIN, { bytes: tarOf([fileMember('etc/motd')]), mediaType: MEDIA.layer }];
  const historyOf = async (history: unknown): Promise<unknown> =>
    (await baseOf({ layers: two, config: { history } })).platforms[0]?.history;
  const time = '2024-05-01T10:11:12.123456789+02:00';
  const epoch = '1970-01-01T00:00:00Z';

  it('is kept when it fits the layers', async () => {
    const history = [
      { created: time, created_by: 'ADD rootfs', comment: 'buildkit' },
      { created: time, created_by: 'ENV a=b', empty_layer: true },
      { created: time, created_by: 'COPY motd', author: 'someone', empty_layer: false },
    ];
    expect(await historyOf(history)).toEqual([
      { created: time, created_by: 'ADD rootfs', comment: 'buildkit' },
      { created: time, created_by: 'ENV a=b', empty_layer: true },
      { created: time, created_by: 'COPY motd', author: 'someone' },
    ]);
  });

  it.each([
    ['has no time', {}],
    ['has an empty time', { created: '' }],
    ['has a number for a time', { created: 1714555872 }],
    ['has a time that no clock shows', { created: '2024-13-01T00:00:00Z' }],
  ])('gets a time for an entry that %s', async (_, entry) => {
    expect(await historyOf([entry, { created: time }])).toEqual([{ created: epoch }, { created: time }]);
  });

  it.each([
    ['too short', [{ created: time }]],
    ['too long', [{ created: time }, { created: time }, { created: time }]],
    ['only of steps without layers', [{ created: time, empty_layer: true }]],
    ['missing', undefined],
    ['null', null],
  ])('becomes one entry for each layer when it is %s', async (_, history) => {
    const entry = { created: epoch, created_by: 'base image' };
    expect(await historyOf(history)).toEqual([entry, entry]);
  });
});

describe('a base of several platforms', () => {
  const linux = (architecture: string, variant?: string): object => ({
    platform: { architecture, os: 'linux', ...(variant !== undefined && { variant }) },
  });

  it.each([MEDIA.index, MEDIA.dockerIndex])('listed in %s keeps their order', async (indexType) => {
    const store = new MemoryStore();
    const arm = addImage(store, { config: { architecture: 'arm64' } });
    const amd = addImage(store);
    const { digest } = addIndex(
      store,
      [
        { ...arm, ...linux('arm64', 'v8') },
        { ...amd, ...linux('amd64') },
      ],
      '1',
      indexType,
    );
    const base = await resolveBase(store, '1', signal);
    expect(base.digest).toBe(digest);
    expect(base.platforms.map(({ platform }) => platform)).toEqual([
      { architecture: 'arm64', os: 'linux', variant: 'v8' },
      { architecture: 'amd64', os: 'linux' },
    ]);
  });

  it('loses attestations and images for other systems', async () => {
    const store = new MemoryStore();
    const amd = { ...addImage(store), ...linux('amd64') };
    const attestation = {
      ...addImage(store, { configType: 'application/vnd.in-toto+json' }),
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    };
    const windows = { ...amd, platform: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.1' } };
    addIndex(store, [attestation, windows, amd], '1');
    const base = await resolveBase(store, '1', signal);
    expect(base.platforms.map(({ platform }) => platform)).toEqual([{ architecture: 'amd64', os: 'linux' }]);
  });

  it('has the first image where a platform is listed twice', async () => {
    const store = new MemoryStore();
    const second = { bytes: gzipSync(ROOTFS), mediaType: MEDIA.layerGzip, tar: ROOTFS };
    const images = [addImage(store), addImage(store, { layers: [second] })];
    addIndex(
      store,
      images.map((image) => ({ ...image, ...linux('amd64') })),
      '1',
    );
    const { platforms } = await resolveBase(store, '1', signal);
    expect(platforms.map(({ layers }) => layers[0]?.mediaType)).toEqual([MEDIA.layer]);
  });

  it('takes the platform from the config where the index states none', async () => {
    const store = new MemoryStore();
    addIndex(store, [addImage(store, { config: { architecture: 's390x' } })], '1');
    const { platforms } = await resolveBase(store, '1', signal);
    expect(platforms[0]?.platform).toEqual({ architecture: 's390x', os: 'linux' });
  });

  it('is refused without one for Linux', async () => {
    const store = new MemoryStore();
    const windows = { ...addImage(store), platform: { architecture: 'amd64', os: 'windows' } };
    addIndex(store, [windows], '1');
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('BaseInvalid', /only for: windows\/amd64/),
    );
    addIndex(store, [], '2');
    await expect(resolveBase(store, '2', signal)).rejects.toThrow(
      failure('BaseInvalid', /only for: nothing/),
    );
  });

  it('is refused when it lists more images than anyone has', async () => {
    const store = new MemoryStore();
    const image = { ...addImage(store), ...linux('amd64') };
    addIndex(
      store,
      Array.from({ length: 65 }, () => image),
      '1',
    );
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(failure('BaseInvalid', /has 65 images/));
  });

  it('is refused when an image it lists is missing', async () => {
    const store = new MemoryStore();
    const image = addImage(store);
    addIndex(store, [{ ...image, ...linux('amd64') }], '1');
    store.remove(image.digest);
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('BaseInvalid', /base:1 for linux\/amd64 is listed .* does not exist/),
    );
  });

  it('is refused when it lists another index', async () => {
    const store = new MemoryStore();
    const inner = addIndex(store, [], 'inner');
    addIndex(store, [{ ...inner, ...linux('amd64') }], '1');
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('BaseInvalid', /no image manifest/),
    );
  });
});

describe('what is no image', () => {
  it('is not found where there is nothing', async () => {
    await expect(resolveBase(new MemoryStore(), '1', signal)).rejects.toThrow(
      failure('BaseNotFound', /registry\.example\.com\/base:1/),
    );
  });

  it.each([
    [
      'an artifact',
      { configType: 'application/vnd.cncf.model.config.v1+json' },
      /artifact.*vnd\.cncf\.model\.config/,
    ],
    [
      'Docker schema 1',
      { manifestType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
      /schema 1/,
    ],
    ['something else', { manifestType: 'text/html' }, /"text\/html"/],
    ['an image for windows', { config: { os: 'windows' } }, /for windows\/amd64/],
    [
      'fewer layers than its config lists',
      { config: { rootfs: { type: 'layers', diff_ids: [] } } },
      /1 layers, .* lists 0/,
    ],
    ['a config without rootfs', { config: { rootfs: null } }, /cannot be understood/],
    ['more layers than runtimes accept', { layers: Array.from({ length: 128 }, () => PLAIN) }, /128 layers/],
  ])('is refused: %s', async (_, image, message) => {
    await expect(baseOf(image)).rejects.toThrow(failure('BaseInvalid', message));
  });

  it.each(['{', '[]', '{"schemaVersion":2}', ' '.repeat(4 * 1024 ** 2 + 1)])(
    'is refused: %.30s',
    async (bytes) => {
      const store = new MemoryStore();
      const layout = addImage(store);
      const stored = { descriptor: { ...layout, digest: digestOf(bytes) }, bytes: Buffer.from(bytes) };
      const broken = {
        name: store.name,
        readManifest: () => Promise.resolve(stored),
        readBlob: store.readBlob.bind(store),
      };
      await expect(resolveBase(broken, '1', signal)).rejects.toThrow(
        failure('BaseInvalid', /cannot be understood|bytes, more/),
      );
    },
  );
});

describe('a registry that answers with other bytes', () => {
  it('than the tag says is found out', async () => {
    const store = new MemoryStore();
    addImage(store, { tag: '1' });
    store.corrupt('1', Buffer.from('{}'));
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('RegistryCorrupt', /when asked for/),
    );
  });

  it('than the index says is found out', async () => {
    const store = new MemoryStore();
    const image = addImage(store);
    addIndex(store, [{ ...image, platform: { architecture: 'amd64', os: 'linux' } }], '1');
    store.corrupt(image.digest, Buffer.from('{}'));
    await expect(resolveBase(store, '1', signal)).rejects.toThrow(
      failure('RegistryCorrupt', /when asked for/),
    );
  });
});
