import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { runStowage } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import { create, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

describeCluster('stowage on a cluster', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;
  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder({ 'weights.bin': Buffer.alloc(150 * 1024 * 1024, 1) });
    controller = await startController(cluster, { settings: { retries: { attempts: 1 } } });
  });
  afterAll(async () => {
    await controller.stop();
    await model.remove();
  });

  const stowage = (namespace: string, ...args: string[]) =>
    runStowage([...args, '--kubeconfig', cluster.kubeconfig, '-n', namespace]);

  async function allow(namespace: string): Promise<void> {
    await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY]));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  }

  async function declared(namespace: string, name: string, path: string): Promise<string> {
    const file = join(await tempDir(), `${name}.json`);
    await writeFile(file, JSON.stringify(versionOf(cluster, { name, namespace, path }))); // JSON is YAML
    return file;
  }

  it('applies a version, shows it being built, and knows it afterwards', async ({ namespace }) => {
    await allow(namespace);
    const file = await declared(namespace, 'v1', model.path);
    const applied = await stowage(namespace, 'apply', '-f', file, '--progress', 'plain');
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('modelversion/v1 is Ready');
    expect(applied.stderr).toContain('weights.bin.tar');
    const again = await stowage(namespace, 'apply', '-f', file, '-o', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({ result: 'unchanged', bytes: { source: 157_286_400 } });
    const listed = await stowage(namespace, 'get', 'mv');
    expect(listed.stdout).toMatch(/^v1 +bert +True/m);
    const described = await stowage(namespace, 'describe', 'mv', 'v1');
    expect(described.stdout).toMatch(/^Ready\n/);
    expect(described.stdout).toMatch(/^ +Normal +Succeeded/m);
    const deleted = await stowage(namespace, 'delete', 'mv', 'v1');
    expect(deleted.code, deleted.stderr).toBe(0);
    await untilClean(cluster);
  });

  it('says why a build failed, and exits with 1', async ({ namespace }) => {
    await allow(namespace);
    const spare = await modelFolder();
    onTestFinished(() => spare.remove());
    await spare.remove();
    const file = await declared(namespace, 'v1', spare.path);
    const applied = await stowage(namespace, 'apply', '-f', file, '-o', 'json');
    expect(applied.code, applied.stderr).toBe(1);
    expect(JSON.parse(applied.stdout)).toMatchObject({ result: 'failed', error: { code: 'PathNotFound' } });
    const waited = await stowage(namespace, 'wait', 'v1', '--timeout', '30s');
    expect(waited.code).toBe(1);
    const described = await stowage(namespace, 'describe', 'mv', 'v1');
    expect(described.stdout).toMatch(/^Failed: PathNotFound\n\nthe directory is not on the node/);
  });

  it('shows the policy that would allow a version, so that it can be copied', async ({ namespace }) => {
    const file = await declared(namespace, 'v1', model.path);
    const applied = await stowage(namespace, 'apply', '-f', file);
    expect(applied.code).toBe(1);
    const described = await stowage(namespace, 'describe', 'mv', 'v1');
    const [, policy = ''] = /\n\n(apiVersion: [^]*?)\n\n/.exec(described.stdout) ?? [];
    await kubectl(cluster, ['apply', '-f', '-'], { input: policy });
    const name = /^ {2}name: (\S+)$/m.exec(policy)?.[1] ?? '';
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', name]).then(() => undefined));
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('cancels a build and tries it again', async ({ namespace }) => {
    await allow(namespace);
    const file = await declared(namespace, 'v1', model.path);
    const handed = await stowage(namespace, 'apply', '-f', file, '--wait=false');
    expect(handed.code, handed.stderr).toBe(0);
    const cancelled = await stowage(namespace, 'cancel', 'v1', '--wait');
    expect(cancelled.code, cancelled.stderr).toBe(0);
    await untilReason(cluster, namespace, 'v1', 'Cancelled');
    const retried = await stowage(namespace, 'retry', 'v1', '--wait');
    expect(retried.code, retried.stderr).toBe(0);
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });
});
