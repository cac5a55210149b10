import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { startDistribution, type RunningRegistry } from '../support/registries.ts';
import { LAUNCHER, runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

const MIB = 1024 * 1024;
/** Large enough to be a layer whose upload is remembered. */
const SHARD = 64 * MIB;
const KILLS = 50;
/** Of them at a time. */
const LANES = 2;
/** A build takes about a second at it, and its start a third of one. */
const BANDWIDTH = '96MiB/s';
const LONGEST_MS = 1_500;
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
    await writeFile(join(root, 'model', 'weights.bin'), Buffer.alloc(SHARD, 'w'));
    return () => registry.stop();
  });

  async function declare(name: string): Promise<string[]> {
    const file = join(root, `${name}.yaml`);
    const spec = {
      ...{ modelName: name, imageRepo: `${registry.host}/team/${name}`, imageTag: 'v1' },
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

  async function apply(name: string): Promise<Report> {
    const { code, stdout, stderr } = await runStowage(await declare(name), { env: environment(name) });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Report;
  }

  async function killed(name: string, milliseconds: number): Promise<void> {
    const env = { ...process.env, ...environment(name) };
    const child = spawn(LAUNCHER, await declare(name), { env, stdio: 'ignore' });
    const exit = once(child, 'exit');
    await Promise.race([exit, delay(milliseconds)]);
    child.kill('SIGKILL');
    await exit;
  }

  it(
    'makes the same image when it is called again, and sends only what is missing',
    async () => {
      const { digest, bytes } = await apply('undisturbed');
      let [resumed, next] = [0, 0];
      const lane = async (): Promise<void> => {
        while (next < KILLS) {
          const name = `killed-${next++}`;
          const moment = Math.random() * LONGEST_MS;
          await killed(name, moment);
          const again = await apply(name);
          expect(again.digest, `after ${moment} ms`).toBe(digest);
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
