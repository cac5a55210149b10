import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uploads } from '../../src/builders/stream/uploads.ts';
import type { KeptUpload } from '../../src/oci/kept-uploads.ts';
import type { Report } from '../../src/pack/report.ts';
import { someBytes } from '../support/blob-sources.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { openClient } from '../support/open-client.ts';
import { startDistribution, type RunningRegistry } from '../support/registries.ts';
import { runStowage, type Run } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith } from '../support/tools.ts';

const MIB = 1024 * 1024;
const MODEL_BYTES = 96 * MIB;
/** The smallest file that is a layer of its own. */
const SHARD_BYTES = 64 * MIB;
const SHARDS = 8;
const MANY_LAYERS_MS = 120_000;
/** What a layer's header, requests and an image's documents add. */
const ENVELOPE_BYTES = 256 * 1024;
const NEVER = new AbortController().signal;

let models = 0;

interface Stage {
  readonly model: string;
  readonly state: string;
  readonly proxy: FaultProxy;
  readonly repository: string;
  /** Runs `stowage pack` over the proxy. */
  pack(options?: {
    readonly tag?: string;
    readonly killAt?: number;
    readonly signal?: NodeJS.Signals;
  }): Promise<Run>;
}

describeWith(['distribution-registry'], 'a build that broke', () => {
  let registry: RunningRegistry;
  beforeAll(async () => (registry = await startDistribution()));
  afterAll(() => registry.stop());

  async function stage(): Promise<Stage> {
    const root = await tempDir();
    const [model, state] = [join(root, 'model'), join(root, 'state')];
    const repository = `team/model-${++models}`;
    await mkdir(model);
    await writeFile(join(model, 'weights.bin'), someBytes(MODEL_BYTES, repository));
    const proxy = await faultProxy(new URL(`http://${registry.host}`));
    return {
      ...{ model, state, proxy, repository },
      pack: ({ tag = 'v1', killAt, signal = 'SIGKILL' } = {}) =>
        runStowage(['pack', model, '--to', `127.0.0.1:${proxy.port}/${repository}:${tag}`, '-o', 'json'], {
          env: { STOWAGE_STATE: state },
          onStart: (kill) => {
            if (killAt !== undefined) proxy.onReceived(killAt, () => kill(signal));
          },
        }),
    };
  }

  /** A model of several layers, some of which are complete while others are under way. */
  async function shardedStage(): Promise<Stage> {
    const here = await stage();
    await rm(join(here.model, 'weights.bin'));
    for (let shard = 0; shard < SHARDS; shard += 1)
      await writeFile(
        join(here.model, `weights-${shard}.bin`),
        someBytes(SHARD_BYTES, `${here.repository} ${shard}`),
      );
    return here;
  }

  const reportOf = ({ code, stdout, stderr }: Run): Report => {
    expect([code, stderr]).toEqual([0, expect.anything()]);
    return JSON.parse(stdout) as Report;
  };
  const weights = (report: Report): string | undefined =>
    report.layers.find(({ title }) => title === 'weights.bin.tar')?.digest;
  /** What an undisturbed build makes of the same model. */
  const undisturbed = async ({ model }: Stage): Promise<Report> => {
    const to = `${registry.host}/team/undisturbed-${models}:v1`;
    return reportOf(await runStowage(['pack', model, '--to', to, '-o', 'json']));
  };

  it.each([0.25, 0.5, 0.9])('by a kill at %d of the model goes on where it stopped', async (part) => {
    const here = await stage();
    const killed = await here.pack({ killAt: MODEL_BYTES * part });
    expect(killed.code).not.toBe(0);
    const before = here.proxy.received;
    const report = reportOf(await here.pack());
    expect(here.proxy.received).toBeLessThan(MODEL_BYTES * 1.05 + ENVELOPE_BYTES);
    expect(here.proxy.received - before).toBeLessThan(MODEL_BYTES * (1.05 - part) + ENVELOPE_BYTES);
    expect(report.bytes.read).toBe(MODEL_BYTES);
    expect(report.bytes.sent).toBeLessThan(MODEL_BYTES * (1.05 - part) + ENVELOPE_BYTES);
    expect(report.digest).toBe((await undisturbed(here)).digest);
    expect(await readdir(join(here.state, 'uploads'))).toEqual([]);
  });

  it.each([
    ['by a kill', 0.3, 'SIGKILL'],
    ['by a kill', 0.5, 'SIGKILL'],
    ['by a kill', 0.9, 'SIGKILL'],
    ['by Ctrl-C', 0.5, 'SIGINT'],
  ] as const)(
    '%s at %d of many layers sends each byte once',
    async (_, part, signal) => {
      const here = await shardedStage();
      const bytes = SHARDS * SHARD_BYTES;
      expect((await here.pack({ killAt: bytes * part, signal })).code).not.toBe(0);
      const before = here.proxy.received;
      const report = reportOf(await here.pack());
      expect(here.proxy.received).toBeLessThan(bytes * 1.05 + ENVELOPE_BYTES);
      expect(report.bytes.sent).toBeLessThan(here.proxy.received - before);
      const there = report.layers.filter(({ action }) => action === 'exists');
      expect(report.bytes.reused).toBe(there.reduce((sum, { size }) => sum + size, 0));
      expect(report.bytes.read).toBe(bytes);
      expect(report.digest).toBe((await undisturbed(here)).digest);
      expect(await readdir(join(here.state, 'uploads'))).toEqual([]);
    },
    MANY_LAYERS_MS,
  );

  it(
    'sends of many layers each byte once, killed again and again',
    async () => {
      const here = await shardedStage();
      const bytes = SHARDS * SHARD_BYTES;
      for (const part of [0.2, 0.4, 0.6, 0.8]) await here.pack({ killAt: bytes * part });
      const report = reportOf(await here.pack());
      expect(here.proxy.received).toBeLessThan(bytes * 1.05 + 4 * ENVELOPE_BYTES);
      expect(report.digest).toBe((await undisturbed(here)).digest);
      expect(await readdir(join(here.state, 'uploads'))).toEqual([]);
    },
    MANY_LAYERS_MS,
  );

  /** Runs it as a pod would. @param left what the pod before it has left, by its log */
  function pod(here: Stage, left: readonly KeptUpload[], killAt?: number): Promise<Run> {
    const { model, proxy, repository } = here;
    const call = ['build', model, `--to=127.0.0.1:${proxy.port}/${repository}:v1`, '--storage=local:a:/b'];
    return runStowage([...call, `--secrets=${join(here.state, 'secrets')}`], {
      env: {
        STOWAGE_UPLOADS: JSON.stringify(left),
        STOWAGE_TERMINATION_LOG: '/dev/null',
        STOWAGE_STATE: here.state,
      },
      onStart: (kill) => {
        if (killAt !== undefined) proxy.onReceived(killAt, () => kill('SIGKILL'));
      },
    });
  }

  it(
    'in a pod that is killed is gone on with in the next, by what the log says',
    async () => {
      const here = await shardedStage();
      const bytes = SHARDS * SHARD_BYTES;
      const killed = await pod(here, [], bytes * 0.9);
      expect(killed.code).not.toBe(0);
      const left = uploads(killed.stdout) ?? [];
      expect(left.filter(({ location }) => location === undefined).length).toBeGreaterThan(0);
      const { code, stdout } = await pod(here, left);
      expect(code).toBe(0);
      expect(here.proxy.received).toBeLessThan(bytes * 1.05 + ENVELOPE_BYTES);
      expect(uploads(stdout)).toEqual([]);
      expect(stdout).toContain((await undisturbed(here)).digest);
    },
    MANY_LAYERS_MS,
  );

  it('by Ctrl-C says that it goes on, and does', async () => {
    const here = await stage();
    const stopped = await here.pack({ killAt: MODEL_BYTES / 2, signal: 'SIGINT' });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout + stopped.stderr).toContain('Run it again: the upload goes on where it stopped.');
    reportOf(await here.pack());
    expect(here.proxy.received).toBeLessThan(MODEL_BYTES * 1.05 + ENVELOPE_BYTES);
  });

  it('goes on under another tag', async () => {
    const here = await stage();
    await here.pack({ killAt: MODEL_BYTES / 2 });
    reportOf(await here.pack({ tag: 'v2' }));
    expect(here.proxy.received).toBeLessThan(MODEL_BYTES * 1.05 + ENVELOPE_BYTES);
  });

  it('begins anew, and cancels what it left, where the file has changed since', async () => {
    const here = await stage();
    await here.pack({ killAt: MODEL_BYTES / 2 });
    expect(await uploadsOf(here)).toHaveLength(1);
    await writeFile(join(here.model, 'weights.bin'), someBytes(MODEL_BYTES, 'other'));
    const before = here.proxy.received;
    const report = reportOf(await here.pack());
    expect(here.proxy.received - before).toBeGreaterThan(MODEL_BYTES);
    expect(report.digest).toBe((await undisturbed(here)).digest);
    expect(await uploadsOf(here)).toEqual([]);
    expect(await uploadsOf(here)).toEqual([]);
  });

  it('begins anew where the registry has forgotten its upload', async () => {
    const here = await stage();
    await here.pack({ killAt: MODEL_BYTES / 2 });
    const [upload = ''] = await uploadsOf(here);
    // The registry may still be writing what came before the kill.
    await rm(join(uploadsDirectory(here), upload), { recursive: true, maxRetries: 50, retryDelay: 20 });
    const report = reportOf(await here.pack());
    expect(report.digest).toBe((await undisturbed(here)).digest);
  });

  it('by a connection that is reset again and again sends little twice', async () => {
    const here = await stage();
    here.proxy.resetEvery(32 * MIB);
    const report = reportOf(await here.pack());
    expect(here.proxy.received).toBeLessThan(MODEL_BYTES * 1.05 + ENVELOPE_BYTES);
    expect(report.digest).toBe((await undisturbed(here)).digest);
  });

  it.each(['the same repository', 'another repository'])(
    'is built by two processes at once to %s, and both end well',
    async (which) => {
      const here = await stage();
      await here.pack({ killAt: MODEL_BYTES / 2 });
      const other = which === 'another repository' ? `${here.repository}-b` : here.repository;
      const direct = `${registry.host}/${other}:v1`;
      const [one, two] = await Promise.all([
        here.pack(),
        runStowage(['pack', here.model, '--to', direct, '-o', 'json'], {
          env: { STOWAGE_STATE: here.state },
        }),
      ]);
      expect(weights(reportOf(one))).toBe(weights(reportOf(two)));
      const client = await openClient(registry.host, other);
      expect((await client.readManifest('v1', NEVER))?.descriptor.digest).toBe(reportOf(two).digest);
      expect(await readdir(join(here.state, 'uploads'))).toEqual([]);
    },
  );

  const uploadsDirectory = ({ repository }: Stage): string =>
    join(registry.directory, 'data/docker/registry/v2/repositories', repository, '_uploads');
  /** Those that go on: of a cancelled upload distribution keeps an empty directory. */
  const uploadsOf = async (here: Stage): Promise<string[]> => {
    const names = await readdir(uploadsDirectory(here), { recursive: true });
    return names.filter((name) => name.endsWith('/startedat')).map((name) => dirname(name));
  };
});
