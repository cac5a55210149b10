import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import { runStowage, type RunOptions } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { create, kubectl } from '../cluster/kubectl.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import { startGate, type Gate } from './support/gate.ts';
import {
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  readVersion,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/* What the command line shows of builds that wait, run, fail and are held back. A closed gate keeps a build running. */

describeCluster('the course of builds on a cluster', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  let gate: Gate;
  let controller: Controller;
  /** Nobody listens there. */
  const nowhere = `${cluster.node.hostAddress}:1`;

  beforeAll(async () => {
    await applyCrds(cluster);
    [model, gate] = await Promise.all([modelFolder(), startGate(cluster)]);
    controller = await startController(cluster, {
      settings: {
        limits: { running: 2 },
        retries: { attempts: 2, firstDelay: 600 },
        registries: { plainHttp: [cluster.registry.host, gate.host, nowhere] },
      },
    });
  });
  beforeEach(() => gate.close());
  afterAll(async () => {
    await controller.stop();
    await gate.stop();
    await model.remove();
  });

  interface Wish {
    readonly name: string;
    readonly path?: string;
    readonly host?: string;
    readonly suspend?: boolean;
  }

  /** A file with versions whose images go through the gate. */
  async function declared(namespace: string, ...wishes: readonly Wish[]): Promise<string> {
    const file = join(await tempDir(), 'versions.yaml');
    const objects = wishes.map(({ name, path = model.path, host = gate.host, suspend = false }) =>
      versionOf(cluster, {
        ...{ name, namespace, path },
        spec: { imageRepo: `${host}/${namespace}/bert`, ...(suspend ? { suspend } : {}) },
      }),
    );
    await writeFile(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    return file;
  }

  async function allow(namespace: string): Promise<void> {
    const targets = [gate.host, nowhere];
    await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY], { targets }));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  }

  function stowageIn(namespace: string, options: RunOptions = {}) {
    return (...args: string[]) =>
      runStowage([...args, '--kubeconfig', cluster.kubeconfig, '-n', namespace], options);
  }

  it('is described at each station, and its log is followed to the end', async ({ namespace }) => {
    await allow(namespace);
    const stowage = stowageIn(namespace);
    const wishes = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    const file = await declared(namespace, ...wishes, { name: 'd', suspend: true });
    const handed = await stowage('apply', '-f', file, '--wait=false');
    expect(handed, handed.stderr).toMatchObject({ code: 0 });
    await until({ what: 'a running build', timeoutMs: 60_000 }, async () => {
      const { stdout } = await stowage('describe', 'mv', 'a');
      return /^Building[^]*Builder pod:[^]*Phase: +Running/.test(stdout);
    });
    await untilReason(cluster, namespace, 'c', 'Queued');
    expect((await stowage('describe', 'mv', 'c')).stdout).toMatch(/^Waiting in the queue, next\n/);
    await untilReason(cluster, namespace, 'd', 'Suspended');
    expect((await stowage('describe', 'mv', 'd')).stdout).toMatch(/^Suspended: spec\.suspend is true\n/);
    // Opened once the log is followed: a build that is over takes its pod, and the log, with it.
    const log = stowageIn(namespace, { onStdout: () => gate.open() })('logs', 'a', '--follow');
    const waited = stowage('wait', 'a', 'b', 'c', '--timeout', '90s');
    expect(await waited).toMatchObject({ code: 0 });
    const { code, stdout } = await log;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d layers[^]*\.tar {2}[^]* {2}uploaded\n[^]*^image {2}/m);
    expect((await stowage('describe', 'mv', 'a')).stdout).toMatch(/^Ready\n/);
    const after = await stowage('logs', 'a');
    expect(after).toMatchObject({ code: 0, stdout: '' });
    expect(after.stderr).toContain('modelversion a has no builder pod. Ready');
    expect((await stowage('apply', '-f', file)).stdout).toContain('modelversion/d is suspended, not built');
  });

  it('shows the failure of one while the others go on', async ({ namespace }) => {
    await allow(namespace);
    const spare = await modelFolder();
    await spare.remove();
    const onStderr = (text: string): void => {
      if (text.includes('modelversion/bad: Failed: PathNotFound')) gate.open();
    };
    const file = await declared(namespace, { name: 'good' }, { name: 'bad', path: spare.path });
    const { code, stdout, stderr } = await stowageIn(namespace, { onStderr })('apply', '-f', file);
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/modelversion\/good is Ready\nmodelversion\/bad failed\n$/);
    expect(stderr).toMatch(/ {2}code: PathNotFound\n/);
  });

  it('goes on when the watching is interrupted', async ({ namespace }) => {
    await allow(namespace);
    let sent = false;
    const onStderr = (text: string, kill: (signal: NodeJS.Signals) => void): void => {
      if (sent || !text.includes('modelversion/v1: Building')) return;
      sent = true;
      kill('SIGINT');
    };
    const file = await declared(namespace, { name: 'v1' });
    const { code, stderr } = await stowageIn(namespace, { onStderr })('apply', '-f', file);
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('modelversion v1 goes on in the cluster (Building');
    gate.open();
    expect(await stowageIn(namespace)('wait', 'v1')).toMatchObject({ code: 0 });
  });

  it('is seen between two attempts, tried again, given up, and leaves nothing', async ({ namespace }) => {
    await allow(namespace);
    const stowage = stowageIn(namespace);
    const file = await declared(namespace, { name: 'v1', host: nowhere });
    await stowage('apply', '-f', file, '--wait=false');
    await until({ what: 'a failed attempt', timeoutMs: 60_000 }, async () => {
      const { status } = await readVersion(cluster, namespace, 'v1');
      return status?.retryTime !== undefined;
    });
    const described = await stowage('describe', 'mv', 'v1');
    expect(described.stdout).toMatch(/^Retry in \d+ min[^\n]*: RegistryUnreachable\n/);
    expect(described.stdout).toMatch(/^Attempts: +1$/m);
    expect((await stowage('retry', 'v1')).stdout).toContain('is tried again');
    await until({ what: 'the next attempt', timeoutMs: 60_000 }, async () => {
      const { status } = await readVersion(cluster, namespace, 'v1');
      return status?.attempts === 2;
    });
    const cancelled = await stowage('cancel', 'v1', '--wait');
    expect(cancelled, cancelled.stderr).toMatchObject({ code: 0 });
    expect(cancelled.stdout).toContain('modelversion/v1 is cancelled');
    expect(await stowage('wait', 'v1', '--timeout', '10s')).toMatchObject({ code: 1 });
    expect(await stowage('delete', 'mv', 'v1')).toMatchObject({ code: 0 });
    await untilClean(cluster);
  });

  it('does not begin for what is wrong, or not allowed, and says what follows', async ({ namespace }) => {
    const stowage = stowageIn(namespace);
    const wrong = await stowage('apply', '-f', await declared(namespace, { name: 'v1', path: './bert' }));
    expect(wrong, wrong.stderr).toMatchObject({ code: 2 });
    const file = await declared(namespace, { name: 'v1' });
    const denied = await stowage('apply', '-f', file, '-o', 'json');
    expect(denied, denied.stderr).toMatchObject({ code: 1 });
    expect(JSON.parse(denied.stdout)).toMatchObject({ error: { code: 'PolicyDenied' } });
    expect(denied.stderr).toContain('It goes on by itself once that has changed.');
    const retried = await stowage('retry', 'v1', '--wait');
    expect(retried).toMatchObject({ code: 1 });
    expect(retried.stdout).toContain('goes on by itself');
    expect(retried.stderr).toContain('code: PolicyDenied');
  });
});
