import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { MODEL_VERSION, MODEL } from '../../src/api/kinds.ts';
import { crds, yamlOf } from '../../src/api/crd.ts';
import { STATUS, POD, IMAGE, SPEC } from '../../test/cluster/support/versions.ts';
import { runStowage, type Run, type RunOptions } from '../../test/support/stowage.ts';
import { tempDir } from '../../test/support/tempdir.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { create, get, kubectl, wait, type KubeObject } from '../cluster/kubectl.ts';
import { controlPlaneUnmet } from '../cluster/requirements.ts';
import { until } from '../cluster/until.ts';

/* The command line against a real API server. No controller runs there: the tests write what one would. */

const unmet = controlPlaneUnmet();
const suite = describe.skipIf(unmet !== undefined);
const why = unmet === undefined ? '' : ` (skipped: ${unmet})`;

let cluster: Cluster;

beforeAll(async () => {
  if (unmet !== undefined) return undefined;
  const { cluster: own, stop } = await startControlPlane({ controllers: false });
  cluster = own;
  const input = crds().map(yamlOf).join('---\n');
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input });
  for (const { plural } of [MODEL, MODEL_VERSION])
    await wait(cluster, `crd/${plural}.model.kubedl.io`, 'condition=Established');
  return stop;
});

function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return runStowage(args, { ...options, env: { KUBECONFIG: cluster.kubeconfig } });
}

/** A file that declares the version of that name. */
async function declaration(name: string, spec: object = SPEC): Promise<string> {
  const file = join(await tempDir(), 'mv.json');
  writeFileSync(file, JSON.stringify(versionObject({ name }, spec)));
  return file;
}

function versionObject(metadata: { name: string; namespace?: string }, spec: object = SPEC): KubeObject {
  return { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'ModelVersion', metadata, spec };
}

/** As soon as there is such a version. */
async function patchStatus(name: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  const call = ['patch', 'modelversion', name, '--subresource=status', '--type=merge', '-p', patch];
  await until({ what: `modelversion ${name}`, timeoutMs: 20_000 }, () =>
    kubectl(cluster, call).then(
      () => true,
      () => false,
    ),
  );
}

suite(`the command line on a cluster, applying${why}`, () => {
  it('applies, shows the course, and ends with Ready', async () => {
    const steps = [
      ['', STATUS.queued],
      ['3 before it', STATUS.building],
      ['Building', STATUS.ready],
    ] as const;
    let next = 0;
    const writing: Promise<void>[] = [];
    const advance = (text: string): void => {
      const step = steps[next];
      if (step === undefined || !text.includes(step[0])) return;
      next += 1;
      writing.push(patchStatus('bert-v3', step[1]));
    };
    const applied = run(['apply', '-f', await declaration('bert-v3'), '--kube'], {
      onStderr: advance,
    });
    advance('');
    const { code, stdout, stderr } = await applied;
    await Promise.all(writing);
    expect({ code, stdout }, stderr).toEqual({
      code: 0,
      stdout: `read 900 B, sent 600 B, reused 400 B in 5 s\nimage  ${IMAGE}\nmodelversion/bert-v3 is Ready\n`,
    });
    expect(stderr).toMatch(/3 before it[^]*Building/);
    expect((await run(['apply', '-f', await declaration('bert-v3'), '--kube'])).stdout).toContain(
      'Ready already',
    );
    expect((await run(['get', 'mv', '--kube'])).stdout).toMatch(/bert-v3 +bert +True +registry/);
  });
});

suite(`the command line on a cluster, what is there already${why}`, () => {
  it('does not change what another has written, nor a version', async () => {
    await run(['apply', '-f', await declaration('fixed'), '--kube', '--wait=false']);
    const changed = await run([
      'apply',
      '-f',
      await declaration('fixed', { ...SPEC, imageTag: 'v4' }),
      '--kube',
    ]);
    expect(changed).toMatchObject({ code: 2 });
    expect(changed.stderr).toContain('code: SpecImmutable');
    await kubectl(cluster, ['patch', 'mv', 'fixed', '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    const taken = await run([
      'apply',
      '-f',
      await declaration('fixed', { ...SPEC, suspend: false }),
      '--kube',
    ]);
    expect(taken).toMatchObject({ code: 1 });
    expect(taken.stderr).toMatch(/spec\.suspend[^]*--force-conflicts/);
    const others = { ...SPEC, storage: { localStorage: { path: '/other', nodeName: 'worker-7' } } };
    await create(cluster, versionObject({ name: 'theirs', namespace: 'default' }));
    const other = await run(['apply', '-f', await declaration('theirs', others), '--kube']);
    expect(other, other.stderr).toMatchObject({ code: 2 });
    expect(other.stderr).toContain('code: SpecImmutable');
  });
});

suite(`the command line on a cluster, describing${why}`, () => {
  it('says on one screen why it is not ready, and what happened', async () => {
    await run(['apply', '-f', await declaration('stuck'), '--kube', '--wait=false']);
    await patchStatus('stuck', STATUS.building);
    const { metadata } = await get<{ metadata: { uid: string } }>(cluster, ['mv', 'stuck']);
    const time = new Date().toISOString().replace('Z', '000Z');
    await create(cluster, {
      ...{
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'stuck.1', namespace: 'default' },
      },
      ...{ eventTime: time, reportingController: 'e2e', reportingInstance: 'e2e', action: 'Build' },
      ...{ reason: 'Building', type: 'Normal', note: 'the image is being built' },
      regarding: {
        apiVersion: 'model.kubedl.io/v1alpha1',
        kind: 'ModelVersion',
        name: 'stuck',
        namespace: 'default',
        uid: metadata.uid,
      },
    });
    const { stdout } = await run(['describe', 'mv', 'stuck', '--kube']);
    expect(stdout).toMatch(/^Building 43 %/);
    expect(stdout).toMatch(new RegExp(`Builder pod:\n +Name: +${POD}\n +Phase: +gone`));
    expect(stdout).toMatch(/Events:\n +TYPE[^\n]*\n +Normal +Building +\d+s +1 +the image is being built/);
    const logs = await run(['logs', 'stuck', '--kube', '-f']);
    expect(logs).toMatchObject({ code: 0 });
    expect(logs.stderr).toContain(`the builder pod ${POD} is gone`);
  });
});

suite(`the command line on a cluster, asking${why}`, () => {
  it('waits, asks for another attempt, and gives up', async () => {
    await run(['apply', '-f', await declaration('retried'), '--kube', '--wait=false']);
    await patchStatus('retried', STATUS.failed);
    expect(await run(['wait', 'retried', '--kube', '--timeout', '20s'])).toMatchObject({ code: 1 });
    expect((await run(['retry', 'retried', '--kube'])).stdout).toContain('is tried again');
    const { metadata } = await get<{ metadata: { annotations: Record<string, string> } }>(cluster, [
      'mv',
      'retried',
    ]);
    const token = metadata.annotations['model.kubedl.io/retry'];
    await patchStatus('retried', { ...STATUS.queued, lastHandledRetry: token });
    expect((await run(['cancel', 'retried', '--kube'])).stdout).toContain('is given up');
    const waiting = run(['wait', 'mv/retried', '--kube', '--for', 'condition=Stalled', '--timeout', '20s']);
    await patchStatus('retried', STATUS.failed);
    expect(await waiting).toMatchObject({ code: 0 });
  });
});

suite(`the command line on a cluster, deleting, and what is missing${why}`, () => {
  it('deletes, and waits for the finalizer', async () => {
    await run(['apply', '-f', await declaration('gone'), '--kube', '--wait=false']);
    const finalizers = (list: readonly string[]): Promise<string> =>
      kubectl(cluster, [
        'patch',
        'mv',
        'gone',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: list } }),
      ]);
    await finalizers(['model.kubedl.io/persistent-volume']);
    let released: Promise<unknown> | undefined;
    const deleted = await run(['delete', 'mv', 'gone', '--kube'], {
      onStderr: (text) => {
        if (text.includes('goes when its volume is gone')) released ??= finalizers([]);
      },
    });
    await released;
    expect(deleted.stdout).toContain('modelversion/gone deleted');
    await expect(get(cluster, ['mv', 'gone'])).rejects.toThrow(/NotFound/);
  });

  it('speaks of namespaces that are not there', async () => {
    const missing = await run(['apply', '-f', await declaration('lost'), '--kube', '-n', 'nowhere']);
    expect(missing, missing.stderr).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('"nowhere" not found');
  });
});
