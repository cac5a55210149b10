import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PinFile } from '../../src/local/record-pins.ts';
import type { Report } from '../../src/pack/report.ts';
import { version, workshop, type Workshop } from './workshop.ts';

afterEach(() => vi.useRealTimers());

const waitAMinute = (): void => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });

async function built(shop: Workshop, yaml: string, how = {}): Promise<Report> {
  const [outcome] = await shop.apply(yaml, how);
  expect(outcome).toMatchObject({ result: 'built' });
  return outcome!.report!;
}

const counts = ({ layers, bytes }: Report) => [
  layers.map(({ action }) => action).join(' '),
  bytes.read,
  bytes.sent,
];

describe('another version of a model on one machine', () => {
  it('reads nothing where nothing has changed', async () => {
    const shop = await workshop();
    waitAMinute();
    await built(shop, version('v1'));
    const second = await built(shop, version('v2'));
    expect(counts(second)).toEqual(['recorded recorded', 0, 0]);
    const model = await shop.state.models.read('default', 'bert');
    expect(model?.status?.latestVersion).toMatchObject({ modelVersion: 'v2', record: second.record });
  });

  it('reads what has changed', async () => {
    const shop = await workshop();
    mkdirSync(join(shop.root, 'model', 'more'));
    waitAMinute();
    await built(shop, version('v1'));
    writeFileSync(join(shop.root, 'model', 'config.json'), '{"a": 1}');
    expect(counts(await built(shop, version('v2')))[0]).toBe('uploaded recorded');
  });

  it('reads all where the spec or the call says so, and the call counts', async () => {
    const shop = await workshop();
    waitAMinute();
    await built(shop, version('v1'));
    expect(counts(await built(shop, version('v2', '  verifySource: full')))).toEqual(['exists exists', 2, 0]);
    expect(counts(await built(shop, version('v3'), { verifySource: 'full' }))).toEqual([
      'exists exists',
      2,
      0,
    ]);
    const how = { verifySource: 'changed' };
    expect(counts(await built(shop, version('v4', '  verifySource: full'), how))).toEqual([
      'recorded recorded',
      0,
      0,
    ]);
  });

  it('finds the image of a version that was forgotten among those that this machine has made', async () => {
    const shop = await workshop();
    waitAMinute();
    await built(shop, version('v1'));
    await shop.state.models.remove('default', 'bert');
    expect(counts(await built(shop, version('v2')))).toEqual(['recorded recorded', 0, 0]);
    await shop.state.models.remove('default', 'bert');
    const pins = new PinFile(join(shop.root, 'other'));
    expect(counts(await built(shop, version('v3'), { pins }))[0]).toBe('uploaded uploaded');
  });

  it('believes no record for which only a file vouches that others may write', async () => {
    const shop = await workshop();
    waitAMinute();
    await built(shop, version('v1'));
    chmodSync(join(shop.root, 'state', 'records.json'), 0o666);
    expect(counts(await built(shop, version('v2')))[0]).toBe('uploaded uploaded');
  });
});
