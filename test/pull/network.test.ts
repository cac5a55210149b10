import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { givesRanges } from '../../src/oci/target.ts';
import type { ReadableStore } from '../../src/pull/image.ts';
import { SILENT, type Progress } from '../../src/telemetry/progress.ts';
import { someBytes } from '../support/blob-sources.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { openClient } from '../support/open-client.ts';
import { startDistribution, startGgcrRegistry, type RunningRegistry } from '../support/registries.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';
import { digestsIn, packFolder, pullFrom } from './support.ts';

const MIB = 1024 ** 2;

/** Cuts all connections each time when so many bytes of contents have come. */
function cutting(proxy: FaultProxy, every: number): Progress {
  let left = every;
  return {
    ...SILENT,
    layerBytes(_, bytes) {
      left -= bytes;
      if (left > 0) return;
      left = every;
      proxy.cut();
    },
  };
}

function tests(start: () => Promise<RunningRegistry>): void {
  let registry: RunningRegistry;
  beforeAll(async () => void (registry = await start()));
  afterAll(() => registry.stop());

  it('arrives through a network that cuts all connections every few megabytes, and little comes twice', async () => {
    const root = await tempDir();
    mkdirSync(join(root, 'model'));
    for (const number of [1, 2])
      writeFileSync(join(root, `model/${number}.bin`), someBytes(70 * MIB, `${number}`));
    writeFileSync(join(root, 'model/config.json'), '{}');
    await packFolder(join(root, 'model'), `${registry.host}/team/model:v1`);
    const proxy = await faultProxy(new URL(`http://${registry.host}`));
    const target = await openClient(`127.0.0.1:${proxy.port}`, 'team/model');
    if (!givesRanges(target)) throw new Error('it gives no ranges');
    const store: ReadableStore = target;
    const report = await pullFrom(store, join(root, 'out'), { progress: cutting(proxy, 10 * MIB) });
    expect(digestsIn(join(root, 'out'))).toEqual(digestsIn(join(root, 'model')));
    expect(report.bytes.received).toBeLessThan(141 * MIB);
    // Counted on the wire: each of the 14 cuts loses what is on its way in four connections, and no more than that.
    expect(proxy.answered).toBeLessThan((140 + 14 * 5) * MIB);
  });
}

describeWith(['distribution-registry'], 'a pull from distribution', () => tests(startDistribution));
describeWith(['ggcr-registry'], "a pull from go-containerregistry's registry", () =>
  tests(startGgcrRegistry),
);
