import { describe, expect, it } from 'vitest';
import { IN_CLUSTER, parseDeclarations } from '../../src/api/declaration.ts';
import { applyToCluster } from '../../src/cluster/apply.ts';
import type { ClusterOutcome } from '../../src/cluster/outcome.ts';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { StowageError } from '../../src/errors.ts';
import { SILENT, type Progress } from '../../src/telemetry/progress.ts';
import type { FaultApiServer } from '../kube/support/fault-api-server.ts';
import { until } from '../kube/support/until.ts';
import { rejectionOf } from '../support/thrown.ts';
import { putVersion, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { IMAGE, POD, STATUS, versionWith } from './support/versions.ts';

const VERSION = `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: bert-v3}
spec:
  modelName: bert
  imageRepo: registry.example.com/team-a/bert
  imageTag: v3
  storage: {localStorage: {path: /data/bert, nodeName: worker-7}}
`;
const TWO = `${VERSION}---\n${VERSION.replace('bert-v3', 'bert-v4')}`;
const MODEL = 'apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}\n';
const POLICY = `apiVersion: model.kubedl.io/v1alpha1
kind: StoragePolicy
metadata: {name: all}
spec: {namespaceSelector: {}, targets: [registry.example.com]}
`;

interface Bench {
  readonly server: FaultApiServer;
  /** What a person would see. */
  readonly seen: string[];
  readonly apply: (yaml: string, how?: { wait?: boolean; signal?: AbortSignal }) => Promise<ClusterOutcome[]>;
}

async function bench(several = false): Promise<Bench> {
  const { server, remote } = await remoteServer();
  const seen: string[] = [];
  const progress = (): Progress => ({
    ...SILENT,
    planned: ({ layers, bytes }) => seen.push(`planned ${layers} ${bytes}`),
    layerDone: ({ title }, action) => seen.push(`${title} ${action}`),
    warning: (text) => seen.push(`warning ${text}`),
    finished: () => seen.push('finished'),
  });
  const display = {
    course: (name: string, { state }: { state: string }) => void seen.push(`${name} ${state}`),
    progress: several ? undefined : progress,
    moved: (name: string, { state }: { state: string }) => void seen.push(`${name} ${state} on`),
    close: () => void seen.push('closed'),
    trouble: ({ code }: StowageError) => void seen.push(`trouble ${code}`),
  };
  const suggest = (command: string, namespace: string): string => `stowage ${command} -n ${namespace}`;
  return {
    server,
    seen,
    apply: (yaml, { wait = true, signal = new AbortController().signal } = {}) =>
      applyToCluster(parseDeclarations(yaml, 'test.yaml', IN_CLUSTER), {
        ...{ remote, wait, display, suggest, signal },
      }),
  };
}

/** Writes statuses as a controller would, each once the one before was seen. */
async function play(
  { server, seen }: Bench,
  steps: readonly (readonly [status: ModelVersionObject['status'], until: string])[],
): Promise<void> {
  await until('open watches', () => server.openWatches === 1);
  for (const [status, line] of steps) {
    putVersion(server, status);
    await until(line, () => seen.includes(line));
  }
}

function putNamed({ server }: Bench, name: string, status: ModelVersionObject['status']): void {
  server.store(VERSIONS_PATH).put(`team-a/${name}`, versionWith(status, { name }));
}

describe('applying to a cluster', () => {
  it('sends a policy before the version that needs it, as this field manager, and takes nothing over', async () => {
    const { server, apply } = await bench();
    const outcomes = await apply(`${VERSION}---\n${MODEL}---\n${POLICY}`, { wait: false });
    expect(outcomes.map(({ kind, result }) => `${kind} ${result}`)).toEqual([
      'StoragePolicy configured',
      'Model configured',
      'ModelVersion unfinished',
    ]);
    const sent = server.requests.map(({ url }) => `${url.pathname} ${url.search}`);
    expect(sent[0]).toContain('/storagepolicies/all ');
    expect(sent[2]).toContain('/namespaces/team-a/modelversions/bert-v3 ');
    for (const each of sent) expect(each).toMatch(/force=false&fieldManager=stowage-test/);
  });

  it('stays until the version is Ready and shows the layers from the log', async () => {
    const desk = await bench();
    desk.server.logs.set(
      `team-a/${POD}`,
      [
        { event: 'planned', layers: 1, bytes: 1000 },
        { event: 'layer', index: 0, title: 'a.tar', size: 1000, action: 'uploaded' },
      ].map((event) => JSON.stringify(event)),
    );
    const applied = desk.apply(VERSION);
    await play(desk, [
      [STATUS.queued, 'bert-v3 queued'],
      [STATUS.building, 'a.tar uploaded'],
    ]);
    putVersion(desk.server, STATUS.ready);
    const [outcome] = await applied;
    expect(outcome).toMatchObject({ result: 'built', version: { status: { image: IMAGE } } });
    expect(desk.seen).toEqual([
      'bert-v3 queued',
      'bert-v3 building',
      'planned 1 1000',
      'a.tar uploaded',
      'finished',
      'closed',
    ]);
  });

  it('shows what the status says where the log may not be read', async () => {
    const desk = await bench();
    desk.server.fail('logs', { kind: 'status', status: 403, reason: 'Forbidden' });
    const applied = desk.apply(VERSION);
    await play(desk, [[STATUS.building, 'bert-v3 building']]);
    await until('a look at the log', () => desk.server.count('logs') === 1);
    const more = { ...STATUS.building, progress: { bytes: 500, total: 1000 } };
    for (let bytes = 500; !desk.seen.includes('planned 1 1000'); bytes += 1) {
      putVersion(desk.server, { ...more, progress: { bytes, total: 1000 } });
      await new Promise(setImmediate);
    }
    putVersion(desk.server, STATUS.ready);
    expect((await applied)[0]).toMatchObject({ result: 'built' });
    expect(desk.seen.slice(-3)).toEqual(['bert-v3 done', 'finished', 'closed']);
  });

  it('goes on through attempts that fail, to one that has failed for good, with the reason as code', async () => {
    const desk = await bench();
    const applied = desk.apply(VERSION);
    await play(desk, [
      [STATUS.started, 'bert-v3 building'],
      [STATUS.retrying, 'bert-v3 retrying'],
    ]);
    putVersion(desk.server, STATUS.failed);
    const [outcome] = await applied;
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'RegistryAuth' } });
    expect(outcome?.error?.message).toContain('does not accept the credentials');
    expect(outcome?.error?.hint).toContain('stowage retry bert-v3 -n team-a');
  });

  it.each([
    ['Ready before', STATUS.ready, 'unchanged'],
    ['held back', STATUS.suspended, 'suspended'],
  ] as const)('does not wait for what is %s', async (_, status, result) => {
    const desk = await bench();
    putVersion(desk.server, status);
    expect((await desk.apply(VERSION))[0]).toMatchObject({ result });
  });

  it('survives the loss of its connection', async () => {
    const desk = await bench();
    const applied = desk.apply(VERSION);
    await play(desk, [[STATUS.queued, 'bert-v3 queued']]);
    desk.server.cutWatches();
    putVersion(desk.server, STATUS.ready);
    expect((await applied)[0]).toMatchObject({ result: 'built' });
    expect(desk.seen).toContain('trouble ClusterUnreachable');
  });

  it('watches several side by side, and shows what happens to each when it happens', async () => {
    const desk = await bench(true);
    const applied = desk.apply(TWO);
    await until('open watches', () => desk.server.openWatches === 2);
    putNamed(desk, 'bert-v3', STATUS.building);
    await until('the first', () => desk.seen.includes('bert-v3 building'));
    putNamed(desk, 'bert-v4', STATUS.failed);
    await until('the second', () => desk.seen.includes('bert-v4 failed'));
    putNamed(desk, 'bert-v3', { ...STATUS.building, progress: { bytes: 500, total: 1000 } });
    await until('progress', () => desk.seen.includes('bert-v3 building on'));
    putNamed(desk, 'bert-v3', STATUS.ready);
    expect((await applied).map(({ name, result }) => `${name} ${result}`)).toEqual([
      'bert-v3 built',
      'bert-v4 failed',
    ]);
    expect(desk.seen).toEqual([
      ...['bert-v3 building', 'bert-v4 failed', 'bert-v3 building on', 'bert-v3 ready', 'closed'],
    ]);
    expect(desk.server.count('logs')).toBe(0);
  });

  it('tells that the builds go on when the watching is stopped, once for all', async () => {
    const desk = await bench(true);
    const stop = new AbortController();
    const applied = desk.apply(TWO, { signal: stop.signal });
    await until('open watches', () => desk.server.openWatches === 2);
    putNamed(desk, 'bert-v3', STATUS.queued);
    putNamed(desk, 'bert-v4', STATUS.building);
    await until('both', () =>
      ['bert-v3 queued', 'bert-v4 building'].every((each) => desk.seen.includes(each)),
    );
    stop.abort(new StowageError('Cancelled', 'interrupted by SIGINT'));
    const outcomes = await applied;
    expect(outcomes.map(({ result, error }) => [result, error?.code])).toEqual([
      ['unfinished', 'Cancelled'],
      ['unfinished', undefined],
    ]);
    expect(outcomes[0]?.error?.message.split('\n')).toEqual([
      'interrupted by SIGINT; modelversion bert-v3 goes on in the cluster (Waiting in the queue, 3 before it)',
      'modelversion bert-v4 goes on in the cluster (Building 43 %  1.2 GiB/s  2 min left)',
    ]);
    expect(outcomes[0]?.error?.hint).toContain('stowage wait bert-v3 bert-v4 -n team-a');
  });

  it('does not stay with the others where the server will not have one watched', async () => {
    const desk = await bench(true);
    desk.server.fail('list', { kind: 'status', status: 403, reason: 'Forbidden' });
    expect(await rejectionOf(desk.apply(TWO))).toMatchObject({ code: 'ClusterAuth' });
    expect(desk.seen).toEqual(['closed']);
    await until('no watch', () => desk.server.openWatches === 0);
  });

  it('ends when somebody deletes the version', async () => {
    const desk = await bench();
    const applied = desk.apply(VERSION);
    await play(desk, [[STATUS.queued, 'bert-v3 queued']]);
    desk.server.store(VERSIONS_PATH).delete('team-a/bert-v3');
    expect((await applied)[0]).toMatchObject({ result: 'failed', error: { code: 'ObjectNotFound' } });
  });
});

describe('what the API server does not take', () => {
  const status = (causes: object[], message: string, code: number, reason: string) => ({
    kind: 'status' as const,
    status: code,
    body: JSON.stringify({ kind: 'Status', code, reason, message, details: { causes } }),
  });
  const owned = (field: string) => [
    { reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field },
  ];

  it.each([
    [
      'breaks a rule',
      status([], 'spec.imageTag: too long', 422, 'Invalid'),
      'DeclarationInvalid',
      'stowage crds',
    ],
    ['is no request', status([], 'unknown field', 400, 'BadRequest'), 'DeclarationInvalid', 'stowage crds'],
    [
      'changes a version',
      status(
        [],
        'imageTag cannot change: a version stays what it is. Make a new ModelVersion',
        422,
        'Invalid',
      ),
      'SpecImmutable',
      'another name',
    ],
    [
      'changes what another wrote',
      status(owned('.spec.imageTag'), 'conflict', 409, 'Conflict'),
      'SpecImmutable',
      'another name',
    ],
    [
      'belongs to another',
      status(owned('.spec.suspend'), 'conflict', 409, 'Conflict'),
      'ClusterFailed',
      '--force-conflicts',
    ],
    ['is not allowed', status([], 'no', 403, 'Forbidden'), 'ClusterAuth', 'stowage-edit'],
    [
      'has no namespace',
      status([], 'namespaces "team-a" not found', 404, 'NotFound'),
      'ObjectNotFound',
      undefined,
    ],
  ] as const)('%s: is an outcome, and the rest is sent', async (_, fault, code, hint) => {
    const { server, apply } = await bench();
    server.fail('apply', fault);
    const outcomes = await apply(`${MODEL}---\n${VERSION}`, { wait: false });
    expect(outcomes.map(({ result }) => result)).toEqual(['refused', 'unfinished']);
    expect(outcomes[0]?.error?.code).toBe(code);
    if (hint !== undefined) expect(outcomes[0]?.error?.hint).toContain(hint);
  });

  it('because of what all objects share, ends it', async () => {
    const { server, apply } = await bench();
    server.fail('apply', { kind: 'status', status: 401, reason: 'Unauthorized' });
    await expect(apply(VERSION)).rejects.toMatchObject({ code: 'ClusterAuth' });
    server.fail('apply', { kind: 'status', status: 404, body: 'page not found' });
    await expect(apply(VERSION)).rejects.toMatchObject({ code: 'ClusterFailed' });
  });

  it('is found out before anything is sent where it is declared twice', async () => {
    const { server, apply } = await bench();
    const twice = `${VERSION}---\n${VERSION.replace('{name: bert-v3}', '{name: bert-v3, namespace: team-a}')}`;
    expect(await rejectionOf(apply(twice))).toMatchObject({
      message: 'ModelVersion bert-v3 in namespace team-a is declared twice',
    });
    expect(server.requests).toEqual([]);
  });
});
