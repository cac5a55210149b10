import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { startDistribution, type RunningRegistry } from '../support/registries.ts';
import { LAUNCHER, runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

const MIB = 1024 * 1024;
/** The smallest file that is a layer of its own: some are complete while others are under way. */
const SHARD = 64 * MIB;
const SHARDS = 3;
/** Of what is missing nothing is sent twice but what the network has lost. */
const MAX_OF_MODEL = 1.05;
/** What requests and an image's documents add, of two builds. */
const ENVELOPE_BYTES = 512 * 1024;
const KILLS = 50;
/** Of them at a time. */
const LANES = 2;
/** A build takes about two seconds at it, and its start a third of one. */
const BANDWIDTH = '96MiB/s';
const LONGEST_MS = 2_500;
const TEST_MS = 300_000;

interface Report {
  readonly digest: string;
  readonly bytes: { readonly sent: number; readonly source: number };
}

describe('apply that is killed at any moment', () => {
  let root: string;
  let registry: RunningRegistry;
  beforeEach(async () => {
    root = await tempDir();
    registry = await startDistribution();
    await mkdir(join(root, 'model'));
    await writeFile(join(root, 'model', 'config.json'), '{}\n');
    for (let shard = 0; shard < SHARDS; shard += 1)
      await writeFile(join(root, 'model', `weights-${shard}.bin`), Buffer.alloc(SHARD, 'w'));
    return () => registry.stop();
  });

  /** Counts what one model's builds send. */
  const counter = (): Promise<FaultProxy> => faultProxy(new URL(`http://${registry.host}`));

  async function declare(name: string, { port }: FaultProxy): Promise<string[]> {
    const file = join(root, `${name}.yaml`);
    const spec = {
      ...{ modelName: name, imageRepo: `127.0.0.1:${port}/team/${name}`, imageTag: 'v1' },
      storage: { localStorage: { path: join(root, 'model') } },
    };
    const version = {
      apiVersion: 'model.kubedl.io/v1alpha1',
      kind: 'ModelVersion',
      metadata: { name },
      spec,
    };
    await writeFile(file, JSON.stringify(version));
    return ['apply', '-f', file, '-o', 'json', '--bandwidth', BANDWIDTH];
  }

  const environment = (name: string): Record<string, string> => ({
    STOWAGE_STATE: join(root, `state-${name}`),
  });

  async function apply(name: string, over: FaultProxy): Promise<Report> {
    const { code, stdout, stderr } = await runStowage(await declare(name, over), { env: environment(name) });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Report;
  }

  async function killed(name: string, over: FaultProxy, milliseconds: number): Promise<void> {
    const env = { ...process.env, ...environment(name) };
    const child = spawn(LAUNCHER, await declare(name, over), { env, stdio: 'ignore' });
    const exit = once(child, 'exit');
    await Promise.race([exit, delay(milliseconds)]);
    child.kill('SIGKILL');
    await exit;
  }

  it(
    'makes the same image when it is called again, and sends only what is missing',
    async () => {
      const { digest, bytes } = await apply('undisturbed', await counter());
      const most = bytes.sent * MAX_OF_MODEL + ENVELOPE_BYTES;
      let [resumed, next] = [0, 0];
      const lane = async (): Promise<void> => {
        while (next < KILLS) {
          const name = `killed-${next++}`;
          const moment = Math.random() * LONGEST_MS;
          const proxy = await counter();
          await killed(name, proxy, moment);
          const again = await apply(name, proxy);
          expect(again.digest, `after ${moment} ms`).toBe(digest);
          expect(proxy.received, `bytes in all, killed after ${moment} ms`).toBeLessThan(most);
          if (again.bytes.sent < bytes.sent) resumed += 1;
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      // Some are killed before they have begun, and some after they have ended.
      expect(resumed).toBeGreaterThan(KILLS / 5);
    },
    TEST_MS,
  );
});
