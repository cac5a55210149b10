import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { someBytes } from '../support/blob-sources.ts';
import { startDistribution, startGgcrRegistry, type RunningRegistry } from '../support/registries.ts';
import { LAUNCHER, runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';
import { digestsIn, packFolder } from './support.ts';

const MIB = 1024 ** 2;
/** Kills of one pull, each at another moment. */
const KILLS = 12;
/** A pull of this model takes about as long, from the start of the process on. */
const LONGEST_MS = 1500;

let root: string;
beforeEach(async () => {
  root = await tempDir();
  mkdirSync(join(root, 'model/sub'), { recursive: true });
  for (let number = 1; number <= 3; number += 1)
    writeFileSync(join(root, `model/shard-${number}.bin`), someBytes(70 * MIB, `shard ${number}`));
  for (let number = 1; number <= 30; number += 1)
    writeFileSync(join(root, `model/sub/small-${number}`), someBytes(number * 1000, `small ${number}`));
});

function pulling(reference: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return runStowage(['pull', reference, join(root, 'out'), '--progress', 'off', '-o', 'json']);
}

/** Starts a pull and kills it after so many milliseconds, unless it has ended. */
async function killedAfter(reference: string, milliseconds: number): Promise<void> {
  const child = spawn(LAUNCHER, ['pull', reference, join(root, 'out')], { stdio: 'ignore' });
  const closed = once(child, 'close');
  await Promise.race([closed, delay(milliseconds)]);
  child.kill('SIGKILL');
  await closed;
}

function tests(start: () => Promise<RunningRegistry>): void {
  let registry: RunningRegistry;
  beforeAll(async () => void (registry = await start()));
  afterAll(() => registry.stop());

  it('goes on after kill -9 at any moment, and ends with the right files', async () => {
    const reference = `${registry.host}/team/killed:v1`;
    await packFolder(join(root, 'model'), reference);
    const model = digestsIn(join(root, 'model'));
    for (let count = 0; count < KILLS; count += 1) {
      await killedAfter(reference, Math.random() * LONGEST_MS);
      // Whatever has a name has its content.
      for (const [path, digest] of Object.entries(digestsIn(join(root, 'out'))))
        expect([path, digest]).toEqual([path, model[path]]);
    }
    expect(await pulling(reference)).toMatchObject({ code: 0 });
    expect(digestsIn(join(root, 'out'))).toEqual(digestsIn(join(root, 'model')));
  });

  it('twice at once into one directory: one is refused, or both are right', async () => {
    const reference = `${registry.host}/team/twice:v1`;
    await packFolder(join(root, 'model'), reference);
    const both = await Promise.all([pulling(reference), pulling(reference)]);
    expect(both.some(({ code }) => code === 0)).toBe(true);
    for (const { code, stdout } of both)
      if (code !== 0) expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'StateBusy' } });
    expect(digestsIn(join(root, 'out'))).toEqual(digestsIn(join(root, 'model')));
  });
}

describeWith(['distribution-registry'], 'a pull from distribution', () => tests(startDistribution));
describeWith(['ggcr-registry'], "a pull from go-containerregistry's registry", () =>
  tests(startGgcrRegistry),
);
