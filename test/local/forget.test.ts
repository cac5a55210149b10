import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forgetModel, forgetVersion } from '../../src/local/forget.ts';
import { version, workshop, type Workshop } from './workshop.ts';

/** Versions that are Ready and finished at the given times; one without a time has failed. */
async function withVersions(times: Readonly<Record<string, string | undefined>>): Promise<Workshop> {
  const shop = await workshop();
  for (const [name, finishTime] of Object.entries(times)) {
    const yaml = version(name, '', finishTime === undefined ? './missing' : './model');
    await shop.apply(yaml);
    const stored = await shop.state.modelVersions.read('default', name);
    if (finishTime === undefined || stored?.status === undefined) continue;
    await shop.state.modelVersions.write({ ...stored, status: { ...stored.status, finishTime } });
  }
  return shop;
}

const latestOf = async ({ state }: Workshop): Promise<string | undefined> =>
  (await state.models.read('default', 'bert'))?.status?.latestVersion?.modelVersion;

describe('forgetting a version', () => {
  it('makes the Ready one that finished last the latest, where the latest is forgotten', async () => {
    const shop = await withVersions({
      newer: '2026-01-02T00:00:00Z',
      older: '2026-01-01T00:00:00Z',
      failed: undefined,
      last: '2026-01-03T00:00:00Z',
    });
    const newer = await shop.state.modelVersions.read('default', 'newer');
    expect(await latestOf(shop)).toBe('last');
    expect(await forgetVersion(shop.state, 'default', 'last')).toBe(true);
    expect((await shop.state.models.read('default', 'bert'))?.status?.latestVersion).toEqual({
      modelVersion: 'newer',
      imageName: newer!.status!.image,
      digest: newer!.status!.digest,
      record: newer!.status!.record,
    });
  });

  it('leaves the Model without a latest version where none is left that is Ready', async () => {
    const shop = await withVersions({ v1: '2026-01-01T00:00:00Z', failed: undefined });
    await forgetVersion(shop.state, 'default', 'v1');
    expect((await shop.state.models.read('default', 'bert'))?.status).toEqual({});
  });

  it('leaves the latest where it is, where another is forgotten', async () => {
    const shop = await withVersions({ v1: '2026-01-05T00:00:00Z', v2: '2026-01-01T00:00:00Z' });
    await forgetVersion(shop.state, 'default', 'v1');
    expect(await latestOf(shop)).toBe('v2');
  });

  it('forgets its report too: another of that name has none before it is Ready', async () => {
    const shop = await withVersions({ v1: '2026-01-01T00:00:00Z' });
    await forgetVersion(shop.state, 'default', 'v1');
    await shop.apply(version('v1', '', './missing'));
    expect(await shop.state.modelVersions.read('default', 'v1')).not.toHaveProperty('report');
  });

  it('is refused while it is being built', async () => {
    const shop = await withVersions({ v1: '2026-01-01T00:00:00Z' });
    const call = shop.state.modelVersions.locked('default', 'v1', () =>
      forgetVersion(shop.state, 'default', 'v1'),
    );
    await expect(call).rejects.toMatchObject({ code: 'StateBusy' });
    expect(await latestOf(shop)).toBe('v1');
  });
});

it.each([
  ['Model', forgetModel],
  ['ModelVersion', forgetVersion],
])('forgetting a %s that nobody knows makes no directories', async (_, forget) => {
  const shop = await workshop();
  expect(await forget(shop.state, 'team-a', 'none')).toBe(false);
  expect(existsSync(join(shop.root, 'state'))).toBe(false);
});

it('forgetting a Model leaves its versions', async () => {
  const shop = await withVersions({ v1: '2026-01-01T00:00:00Z' });
  expect(await forgetModel(shop.state, 'default', 'bert')).toBe(true);
  expect(await shop.state.models.list()).toEqual([]);
  expect(await shop.state.modelVersions.list()).toHaveLength(1);
});
