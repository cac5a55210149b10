import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { packTo, type PackToRequest } from '../../src/pack/pack-to.ts';
import type { Report } from '../../src/pack/report.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';

let root: string;
beforeEach(async () => {
  root = await tempDir();
  mkdirSync(join(root, 'model'));
  writeFileSync(join(root, 'model', 'config.json'), '{}');
});

function packModel(to: string, more: Partial<PackToRequest> = {}): Promise<Report> {
  return packTo({
    directory: join(root, 'model'),
    to,
    base: undefined,
    overwrite: false,
    compression: 'none',
    open: { plainHttp: false },
    progress: SILENT,
    signal: new AbortController().signal,
    ...more,
  });
}

describe('a layout inside the model it is made of', () => {
  it.each(['model', 'model/out', 'model/a/b', 'elsewhere/../model/out', 'link/out', 'inner'])(
    'is refused before anything is written: %s',
    async (path) => {
      symlinkSync('model', join(root, 'link'));
      symlinkSync('model/out', join(root, 'inner'));
      mkdirSync(join(root, 'elsewhere'));
      mkdirSync(join(root, 'model', 'out'));
      expect(await rejectionOf(packModel(`oci:${root}/${path}:v1`))).toMatchObject({
        code: 'UsageInvalid',
        message: expect.stringContaining('lies inside') as string,
      });
      expect(readdirSync(join(root, 'model'), { recursive: true }).sort()).toEqual(['config.json', 'out']);
    },
  );

  it.each(['images', 'model-images', '..model', 'deep/er/images'])('is none: %s', async (path) => {
    expect((await packModel(`oci:${root}/${path}:v1`)).layers).toHaveLength(2);
  });
});

describe('the image that a report names', () => {
  it('can be the base of another, by its digest', async () => {
    const base = await packModel(`oci:${root}/base:v1`);
    const other = { directory: join(root, 'other'), base: base.image };
    mkdirSync(other.directory);
    writeFileSync(join(other.directory, 'README.md'), '');
    // It gets as far as looking into the base, which holds models already.
    expect(await rejectionOf(packModel(`oci:${root}/images:v1`, other))).toMatchObject({
      code: 'BaseInvalid',
    });
    const missing = { ...other, base: base.image.replace(/.{8}$/, '00000000') };
    expect(await rejectionOf(packModel(`oci:${root}/images:v1`, missing))).toMatchObject({
      code: 'BaseNotFound',
    });
  });
});

/** The registry as it is known by an address that leads to this machine and is not one of its loopback names. */
const notLoopback = (host: string): string => host.replace(/^[^:]*/, '0.0.0.0');

describe('plain HTTP', () => {
  it("is not spoken to the base's registry because the target's was meant", async () => {
    const [target, other] = [await faultRegistry(), await faultRegistry()];
    const base = `${notLoopback(other.host)}/team/base:v1`;
    await rejectionOf(packModel(`${target.host}/team/bert:v1`, { base, open: { plainHttp: true } }));
    expect(other.journal).toEqual([]);
  });

  it.each([
    ['where it is the same', (host: string) => `${host}/team/bert:v1`],
    ['where the target is a layout', () => `oci:${root}/images:v1`],
  ])("is spoken to the base's registry %s", async (_, target) => {
    const registry = await faultRegistry();
    const host = notLoopback(registry.host);
    const request = { base: `${host}/team/base:v1`, open: { plainHttp: true } };
    expect(await rejectionOf(packModel(target(host), request))).toMatchObject({ code: 'BaseNotFound' });
    expect(registry.journal.length).toBeGreaterThan(0);
  });

  it('is spoken to those registries alone that are named', async () => {
    const [target, named, other] = [await faultRegistry(), await faultRegistry(), await faultRegistry()];
    const open = { plainHttp: [notLoopback(target.host), notLoopback(named.host)] };
    const to = `${notLoopback(target.host)}/team/bert:v1`;
    for (const { host } of [named, other])
      await rejectionOf(packModel(to, { base: `${notLoopback(host)}/team/base:v1`, open }));
    expect(named.journal.length).toBeGreaterThan(0);
    expect(other.journal).toEqual([]);
    expect((await packModel(to, { open })).layers).toHaveLength(2);
  });
});
