import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import type { Target } from '../../src/oci/target.ts';
import { pack, type PackRequest } from '../../src/pack/pack.ts';
import type { Report } from '../../src/pack/report.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { tempDir } from '../support/tempdir.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;
const DEFAULTS = {
  tag: 'v1',
  base: undefined,
  overwrite: false,
  compression: 'none',
  progress: SILENT,
  signal: never,
} as const;

/** A model of one large file (by its size, it is sparse) and a small one. */
async function makeModel(largeBytes = 64 * MIB): Promise<string> {
  const directory = await tempDir();
  writeFileSync(join(directory, 'config.json'), '{"model_type": "bert"}');
  writeFileSync(join(directory, 'weights.dat'), randomBytes(MIB));
  truncateSync(join(directory, 'weights.dat'), largeBytes);
  return directory;
}

function packInto(target: Target, directory: string, more: Partial<PackRequest> = {}): Promise<Report> {
  return pack({ ...DEFAULTS, target, directory, ...more });
}

async function registryAndClient(): Promise<{ registry: FaultRegistry; target: Target }> {
  const registry = await faultRegistry();
  return { registry, target: await openClient(registry.host, 'team/bert') };
}

describe('pack', () => {
  it('sends each layer once, largest first, and tags last', async () => {
    const { registry, target } = await registryAndClient();
    const report = await packInto(target, await makeModel());
    expect(report.layers.map(({ title, files, action }) => [title, files, action])).toEqual([
      ['weights.dat.tar', 1, 'uploaded'],
      ['config.json.tar', 1, 'uploaded'],
      ['kubedl-model.tar', 0, 'uploaded'],
    ]);
    const source = 64 * MIB + 22;
    expect(report.bytes).toEqual({ source, read: source, sent: report.size, reused: 0 });
    expect(registry.store.tags).toEqual(['team/bert:v1']);
    expect(registry.steps.at(-1)).toBe('manifest PUT');
    expect(registry.count('manifest PUT')).toBe(1);
  });

  it('reads again and sends nothing where the tag has the same content', async () => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel();
    const first = await packInto(target, directory);
    const patches = registry.count('PATCH');
    const second = await packInto(target, directory);
    expect(second.digest).toBe(first.digest);
    expect(second.bytes).toMatchObject({ read: first.bytes.read, sent: 0, reused: first.size });
    expect(second.layers.map(({ action }) => action)).toEqual(['exists', 'exists', 'exists']);
    expect(registry.count('PATCH')).toBe(patches);
  });

  it('refuses a tag with other content without reading a byte where sizes tell', async () => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel();
    const { digest } = await packInto(target, directory);
    appendFileSync(join(directory, 'config.json'), ' '.repeat(600));
    const before = registry.count('POST');
    await expect(packInto(target, directory)).rejects.toMatchObject({
      code: 'TagExists',
      message: expect.stringContaining(digest) as string,
    });
    expect(registry.count('POST')).toBe(before);
  });

  it('refuses a tag with other content of the same size before it is sent', async () => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel();
    await packInto(target, directory);
    writeFileSync(join(directory, 'config.json'), '{"model_type": "gpt2"}');
    const before = registry.count('PATCH');
    await expect(packInto(target, directory)).rejects.toMatchObject({ code: 'TagExists' });
    expect(registry.count('PATCH')).toBe(before);
  });

  it('refuses a model that is larger than it may be, before anything is asked or sent', async () => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel(MIB);
    await expect(packInto(target, directory, { maxBytes: MIB + 21 })).rejects.toMatchObject({
      code: 'ModelTooLarge',
      retryable: false,
    });
    expect(registry.steps).toEqual([]);
    await packInto(target, directory, { maxBytes: MIB + 22 });
  });

  it('moves a tag when it may, and sends only the layers that differ', async () => {
    const { target } = await registryAndClient();
    const directory = await makeModel();
    const first = await packInto(target, directory);
    writeFileSync(join(directory, 'config.json'), '{"model_type": "gpt2"}');
    const second = await packInto(target, directory, { overwrite: true });
    expect(second.digest).not.toBe(first.digest);
    expect(second.layers.map(({ action }) => action)).toEqual(['exists', 'uploaded', 'exists']);
    expect((await target.readManifest('v1', never))?.descriptor.digest).toBe(second.digest);
  });

  it.each<[string, (directory: string) => void]>([
    ['a file grows after it was sent', (directory) => appendFileSync(join(directory, 'config.json'), 'x')],
    ['a file appears', (directory) => writeFileSync(join(directory, 'late.json'), '{}')],
    ['an empty directory appears', (directory) => mkdirSync(join(directory, 'late'))],
  ])('tags nothing when %s', async (_, change) => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel();
    let sent = 0;
    const progress = {
      ...SILENT,
      layerDone: () => {
        sent += 1;
        if (sent === 3) change(directory);
      },
    };
    await expect(packInto(target, directory, { progress })).rejects.toMatchObject({
      code: 'ArtifactChanged',
    });
    expect(registry.store.tags).toEqual([]);
  });

  it('survives a registry that fails once at every step, with the digest of an undisturbed build', async () => {
    const directory = await makeModel();
    const { target: calm } = await registryAndClient();
    const { digest } = await packInto(calm, directory);
    const { registry, target } = await registryAndClient();
    for (const step of ['POST', 'PATCH', 'PUT', 'manifest GET', 'manifest PUT'] as const) {
      registry.fail(step, { kind: 'status', status: 500 });
    }
    registry.fail('PATCH', { kind: 'reset', afterBytes: 20 * MIB });
    expect((await packInto(target, directory)).digest).toBe(digest);
    expect(registry.store.tags).toEqual(['team/bert:v1']);
  });

  it.each(['POST', 'PATCH', 'PUT', 'manifest PUT'] as const)(
    'tags nothing when the registry keeps failing at %s',
    async (step) => {
      const { registry, target } = await registryAndClient();
      registry.fail(step, { kind: 'status', status: 500 }, Infinity);
      await expect(packInto(target, await makeModel(MIB))).rejects.toMatchObject({ code: 'RegistryFailed' });
      expect(registry.store.tags).toEqual([]);
    },
  );

  it('says which layer is larger than the registry takes', async () => {
    const { registry, target } = await registryAndClient();
    registry.fail('PATCH', { kind: 'status', status: 413, early: true }, Infinity);
    await expect(packInto(target, await makeModel())).rejects.toMatchObject({ code: 'LayerTooLarge' });
    expect(registry.store.tags).toEqual([]);
  });

  it('stops when it is interrupted, cancels its uploads and says what is left', async () => {
    const { registry, target } = await registryAndClient();
    const stop = new AbortController();
    const layerBytes = (layer: { title: string }): void => {
      if (layer.title === 'weights.dat.tar') stop.abort(new Error('interrupted by SIGINT'));
    };
    const call = packInto(target, await makeModel(), {
      signal: stop.signal,
      progress: { ...SILENT, layerBytes },
    });
    await expect(call).rejects.toMatchObject({
      code: 'Cancelled',
      message: expect.stringMatching(
        /^interrupted by SIGINT; .*team\/bert:v1 is as it was before$/,
      ) as string,
      hint: expect.stringMatching(/left behind|no tag was set or moved/) as string,
    });
    expect(registry.store.tags).toEqual([]);
    // An upload whose address had not come back yet cannot be cancelled; the one of the large layer can.
    expect(registry.count('DELETE')).toBeGreaterThan(0);
  });

  it('lets the tag be set to its end once that has begun, so that it is known where it points', async () => {
    const { registry, target } = await registryAndClient();
    const stop = new AbortController();
    const writeManifest: Target['writeManifest'] = (mediaType, bytes, options) => {
      stop.abort(new Error('interrupted by SIGINT'));
      return target.writeManifest(mediaType, bytes, options);
    };
    const watched = new Proxy(target, {
      get: (on, key) => {
        if (key === 'writeManifest') return writeManifest;
        const value = Reflect.get(on, key) as unknown;
        return typeof value === 'function' ? (value.bind(on) as unknown) : value;
      },
    });
    const report = await packInto(watched, await makeModel(MIB), { signal: stop.signal });
    expect(registry.store.tags).toEqual(['team/bert:v1']);
    expect((await target.readManifest('v1', never))?.descriptor.digest).toBe(report.digest);
  });

  it('says that nothing was moved when it is interrupted before anything was sent', async () => {
    const { target } = await registryAndClient();
    const signal = AbortSignal.abort(new Error('interrupted by SIGTERM'));
    await expect(packInto(target, await makeModel(MIB), { signal })).rejects.toMatchObject({
      code: 'Cancelled',
      message: expect.stringContaining('is as it was before') as string,
      hint: 'Nothing is left behind.',
    });
  });

  it.each<[string, Partial<PackRequest>, (directory: string) => void]>([
    ['are compressed otherwise', { compression: 'zstd' }, () => undefined],
    ['are fewer', {}, (directory) => rmSync(join(directory, 'weights.dat'))],
  ])('refuses a tag whose layers %s without reading a file', async (_, more, change) => {
    const { registry, target } = await registryAndClient();
    const directory = await makeModel();
    await packInto(target, directory);
    change(directory);
    const before = registry.journal.length;
    await expect(packInto(target, directory, more)).rejects.toMatchObject({ code: 'TagExists' });
    expect(registry.steps.slice(before)).toEqual(['manifest GET']);
  });

  it('moves a tag that names an index which cannot be understood, when it may', async () => {
    const { registry, target } = await registryAndClient();
    const bytes = Buffer.from('{"schemaVersion": 2, "manifests": "none"}');
    registry.store.putManifest('team/bert', 'v1', {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      bytes,
    });
    const report = await packInto(target, await makeModel(MIB), { overwrite: true });
    expect((await target.readManifest('v1', never))?.descriptor.digest).toBe(report.digest);
  });

  it('gives compressed layers their own media type and the digests of both forms', async () => {
    const directory = await makeModel();
    const layout = openLayout(join(await tempDir(), 'images'));
    const report = await packInto(layout, directory, { compression: 'zstd' });
    expect(report.size).toBeLessThan(2 * MIB);
    const manifest = JSON.parse(
      new TextDecoder().decode((await layout.readManifest('v1', never))?.bytes),
    ) as { layers: { mediaType: string }[] };
    expect(new Set(manifest.layers.map(({ mediaType }) => mediaType))).toEqual(
      new Set(['application/vnd.oci.image.layer.v1.tar+zstd']),
    );
    const again = await packInto(layout, directory, { compression: 'zstd' });
    expect(again).toMatchObject({ digest: report.digest, bytes: { sent: 0 } });
  });

  it('leaves nothing but whole blobs in a layout when it fails', async () => {
    const images = join(await tempDir(), 'images');
    const directory = await makeModel();
    const change = (): void => appendFileSync(join(directory, 'weights.dat'), 'x');
    const progress = { ...SILENT, layerBytes: change };
    await expect(packInto(openLayout(images), directory, { progress })).rejects.toMatchObject({
      code: 'ArtifactChanged',
    });
    expect(readdirSync(images)).toEqual(['blobs']);
    for (const name of readdirSync(join(images, 'blobs', 'sha256'))) expect(name).toMatch(/^[0-9a-f]{64}$/);
  });
});
