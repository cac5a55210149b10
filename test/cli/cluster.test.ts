import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putVersion, VERSIONS_PATH } from '../cluster/support/remote.ts';
import { DIGEST, IMAGE, POD, STATUS } from '../cluster/support/versions.ts';
import { until } from '../kube/support/until.ts';
import { clusterDesk, type ClusterDesk } from '../support/cluster-desk.ts';

const DECLARATION = `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: bert-v3}
spec:
  modelName: bert
  imageRepo: registry.example.com/team-a/bert
  imageTag: v3
  storage: {localStorage: {path: /data/bert, nodeName: worker-7}}
`;
const POLICY = `apiVersion: model.kubedl.io/v1alpha1
kind: StoragePolicy
metadata: {name: all}
spec: {namespaceSelector: {}, targets: [registry.example.com]}
`;

async function desk(yaml = DECLARATION): Promise<ClusterDesk> {
  const made = await clusterDesk();
  writeFileSync(join(made.root, 'mv.yaml'), yaml);
  return made;
}

/** Writes a status once somebody watches, as a controller would. */
async function answer({ server }: ClusterDesk, status: Parameters<typeof putVersion>[1]): Promise<void> {
  await until('a watch', () => server.openWatches === 1);
  putVersion(server, status);
}

describe('stowage apply --kube', () => {
  it('waits until the version is Ready, with the course on stderr and the image on stdout', async () => {
    const here = await desk();
    const lines = [
      { event: 'planned', layers: 1, bytes: 1000 },
      { event: 'layer', index: 0, title: 'model.safetensors.tar', size: 1000, action: 'uploaded' },
    ];
    here.server.logs.set(
      `team-a/${POD}`,
      lines.map((line) => JSON.stringify(line)),
    );
    const applied = here.run(['apply', '-f', 'mv.yaml', '--kube']);
    await answer(here, STATUS.queued);
    putVersion(here.server, STATUS.building);
    await until('a look at the log', () => here.server.count('logs') === 1);
    putVersion(here.server, STATUS.ready);
    const { code, stdout, stderr } = await applied;
    expect(code).toBe(0);
    expect(stdout).toBe(
      `read 900 B, sent 600 B, reused 400 B in 5 s\nimage  ${IMAGE}\nmodelversion/bert-v3 is Ready\n`,
    );
    expect(stderr).toContain('modelversion/bert-v3: Waiting in the queue, 3 before it\n');
    expect(stderr).toContain('model.safetensors.tar  1000 B  uploaded\n');
  });

  it('gives one document, also of a build that fails, and exits with 1', async () => {
    const here = await desk();
    const applied = here.run(['apply', '-f', 'mv.yaml', '--kube', '-o', 'json']);
    await answer(here, STATUS.failed);
    const { code, stdout, stderr } = await applied;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      modelVersion: { namespace: 'team-a', name: 'bert-v3' },
      result: 'failed',
      error: { code: 'RegistryAuth' },
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Ready', status: 'False', reason: 'RegistryAuth' }),
      ]) as unknown,
    });
    expect(stderr).toContain('stowage retry bert-v3 --kube');
  });

  it('gives what the status knows of the report', async () => {
    const here = await desk();
    putVersion(here.server, STATUS.ready);
    const { code, stdout } = await here.run(['apply', '-f', 'mv.yaml', '--kube', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ image: IMAGE, digest: DIGEST, size: 1000, seconds: 5, result: 'unchanged' },
      bytes: { source: 900, read: 900, sent: 600, reused: 400 },
    });
  });

  it('does not wait where that is not wanted, and takes policies', async () => {
    const { run, server } = await desk(`${DECLARATION}---\n${POLICY}`);
    const { code, stdout } = await run([
      'apply',
      '-f',
      'mv.yaml',
      '--context',
      'test',
      '--wait=false',
      '-n',
      'team-b',
    ]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'storagepolicy/all configured\nmodelversion/bert-v3 is handed over; the cluster builds it\n',
    });
    expect(server.store(VERSIONS_PATH).get('team-b/bert-v3')).toBeDefined();
  });

  it('interrupted leaves the build alone, and says how to give it up', async () => {
    const here = await desk();
    let sent = false;
    const applied = here.run(['apply', '-f', 'mv.yaml', '--kube'], {
      onStderr: (text, kill) => {
        if (sent || !text.includes('in the queue')) return;
        sent = true;
        kill('SIGINT');
      },
    });
    await answer(here, STATUS.queued);
    const { code, stderr } = await applied;
    expect(code).toBe(130);
    expect(stderr).toContain('modelversion bert-v3 goes on in the cluster');
    expect(stderr).toContain('stowage cancel bert-v3 --kube');
    expect(here.server.count('delete') + here.server.count('patch')).toBe(0);
  });

  it('gives up waiting after a time', async () => {
    const { run } = await desk();
    const { code, stderr } = await run(['apply', '-f', 'mv.yaml', '--kube', '--timeout', '1s']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/waited 1 s; modelversion bert-v3 goes on/);
  });

  it.each([
    [
      'a relative path',
      (yaml: string) => yaml.replace('/data/bert', './bert'),
      /mv\.yaml:8:\d+: spec\.storage\.localStorage\.path: found "\.\/bert"; expected an absolute path/,
    ],
    [
      'a layout',
      (yaml: string) => yaml.replace('registry.example.com/team-a/bert', 'oci:./images'),
      /mv\.yaml:6:\d+: spec\.imageRepo: found "oci:\.\/images"; expected a repository in a registry/,
    ],
    [
      'no node',
      (yaml: string) => yaml.replace(', nodeName: worker-7', ''),
      /spec\.storage\.localStorage\.nodeName: found nothing; expected the name of a node/,
    ],
  ])('refuses %s before anything is sent', async (_, change, message) => {
    const { run, server } = await desk(change(DECLARATION));
    const { code, stderr } = await run(['apply', '-f', 'mv.yaml', '--kube']);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(server.requests).toEqual([]);
  });

  it('exits with 2 where the API server finds the declaration wrong', async () => {
    const { run, server } = await desk();
    server.fail('apply', { kind: 'status', status: 422, reason: 'Invalid' });
    const { code, stderr } = await run(['apply', '-f', 'mv.yaml', '--kube']);
    expect(code).toBe(2);
    expect(stderr).toContain('code: DeclarationInvalid');
  });

  it.each([
    [['--plain-http', '--kube'], /--plain-http is for builds on this machine/],
    [['--wait=maybe', '--kube'], /"maybe"; expected true or false/],
    [['--timeout', '5', '--kube'], /"5"; expected a time such as 90s/],
    [['--wait=false'], /--wait=false is for clusters/],
    [['--timeout', '5s'], /--timeout is for clusters/],
  ])('is refused with options that do nothing there: %j', async (more, message) => {
    const { run, server } = await desk();
    const { code, stderr } = await run(['apply', '-f', 'mv.yaml', ...more]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(server.requests).toEqual([]);
  });

  it('is what a StoragePolicy needs', async () => {
    const { run } = await desk(POLICY);
    const { code, stderr } = await run(['apply', '-f', 'mv.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/storagepolicy all cannot be applied on one machine/);
  });
});

describe('stowage get and describe --kube', () => {
  it('show what the cluster has', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.ready);
    expect((await run(['get', 'mv', '--kube'])).stdout).toMatch(
      /^NAME +MODEL +READY +IMAGE +SIZE +AGE\nbert-v3 +bert +True +registry/,
    );
    expect((await run(['get', 'mv', '-A', '--kube'])).stdout).toMatch(
      /^NAMESPACE +NAME[^]*\nteam-a +bert-v3/,
    );
    const one = (await run(['get', 'mv', 'bert-v3', '--kube', '-o', 'json'])).stdout;
    expect(JSON.parse(one)).toMatchObject({ kind: 'ModelVersion', metadata: { name: 'bert-v3' } });
    expect(one).not.toContain('managedFields');
    server
      .store('/apis/model.kubedl.io/v1alpha1/storagepolicies')
      .put('all', { spec: { targets: ['a', 'b'] } });
    expect((await run(['get', 'sp', '--kube'])).stdout).toMatch(/^NAME +TARGETS +AGE\nall +a,b/);
    expect(await run(['get', 'mv', 'none', '--kube'])).toMatchObject({ code: 2 });
  });

  it('say on one screen why it is not ready, and what to do', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.failed);
    const { metadata } = server.store(VERSIONS_PATH).get('team-a/bert-v3') ?? {};
    server.store('/api/v1/events').put('team-a/e1', {
      ...{ type: 'Warning', reason: 'RegistryAuth', message: 'refused', count: 4 },
      involvedObject: { uid: metadata?.uid },
    });
    const { stdout } = await run(['describe', 'mv', 'bert-v3', '--context', 'test']);
    expect(stdout).toMatch(/^Failed: RegistryAuth\n\nthe registry does not accept the credentials\. Check/);
    expect(stdout).toMatch(/^Storage: +localStorage \/data\/bert worker-7$/m);
    expect(stdout).toMatch(/^ +Stalled +True +RegistryAuth/m);
    expect(stdout).toMatch(/^ +Warning +RegistryAuth .* 4 +refused$/m);
    expect(stdout).toContain('  stowage retry bert-v3 --context test\n');
  });

  it('show a policy to apply once, so that it can be copied', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.refused);
    const { metadata } = server.store(VERSIONS_PATH).get('team-a/bert-v3') ?? {};
    const note = STATUS.refused.message?.replaceAll('\n', ' ');
    server.store('/api/v1/events').put('team-a/e1', {
      ...{ type: 'Warning', reason: 'PolicyDenied', message: note, count: 1 },
      involvedObject: { uid: metadata?.uid },
    });
    const { stdout } = await run(['describe', 'mv', 'bert-v3', '--kube']);
    expect(stdout).toMatch(
      /^Failed: PolicyDenied\n\nnamespace [^]*\n\napiVersion: [^\n]*\nkind: StoragePolicy\n\n/,
    );
    expect(stdout.match(/may not read/g)).toHaveLength(1);
    expect(stdout).toMatch(/^ +Warning +PolicyDenied .* 1 +as above$/m);
    expect(stdout).toContain('  stowage wait bert-v3 --kube\n');
  });

  it('show the builder pod of a build', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.building);
    server.store('/api/v1/pods').put(`team-a/${POD}`, {
      spec: { nodeName: 'worker-7' },
      status: { phase: 'Running', containerStatuses: [{ name: 'builder', state: { running: {} } }] },
    });
    const { stdout } = await run(['describe', 'mv', 'bert-v3', '--kube']);
    expect(stdout).toMatch(/^Building 43 % {2}1\.2 GiB\/s {2}2 min left\n/);
    expect(stdout).toMatch(/^Builder pod:\n +Name: +bert-v3-build-1\n +Node: +worker-7\n +Phase: +Running/m);
  });
});

describe('stowage logs', () => {
  it('prints lines for people, or as they are', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.building);
    const line = JSON.stringify({ event: 'planned', layers: 2, bytes: 2048 });
    server.logs.set(`team-a/${POD}`, [line, 'plain']);
    expect((await run(['logs', 'bert-v3', '--kube'])).stdout).toBe('2 layers, 2.0 KiB\nplain\n');
    expect((await run(['logs', 'bert-v3', '--kube', '--raw'])).stdout).toBe(`${line}\nplain\n`);
  });

  it('says what became of a pod that is not there', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.building);
    expect((await run(['logs', 'bert-v3', '--kube'])).stderr).toMatch(
      /the builder pod bert-v3-build-1 is gone/,
    );
    putVersion(server, STATUS.failed);
    const { code, stderr } = await run(['logs', 'modelversion/bert-v3', '--kube']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/no builder pod\. Failed: RegistryAuth, /);
  });
});

describe('stowage wait', () => {
  it('ends when the version is Ready', async () => {
    const here = await desk();
    putVersion(here.server, STATUS.building);
    const waited = here.run(['wait', 'bert-v3', '--kube']);
    await answer(here, STATUS.ready);
    expect(await waited).toEqual({
      code: 0,
      stdout: 'modelversion/bert-v3 has the condition Ready=True\n',
      stderr: '',
    });
  });

  it('ends with 1 when it has failed for good, or the time is over, and with 2 where there is none', async () => {
    const { run, server } = await desk();
    expect(await run(['wait', 'bert-v3', '--kube'])).toMatchObject({ code: 2 });
    putVersion(server, STATUS.failed);
    const failed = await run(['wait', 'bert-v3', '--kube']);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain('code: RegistryAuth');
    putVersion(server, STATUS.queued);
    const late = await run(['wait', 'bert-v3', '--kube', '--timeout', '1s']);
    expect(late).toMatchObject({ code: 1 });
    expect(late.stderr).toMatch(/waited 1 s\n +modelversion\/bert-v3: Waiting in the queue/);
  });
});

describe('stowage retry and cancel', () => {
  it('ask once, and say what follows', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.failed);
    expect((await run(['retry', 'bert-v3', '--kube'])).stdout).toMatch(
      /is tried again.*stowage wait bert-v3 --kube/,
    );
    expect((await run(['cancel', 'bert-v3', '--kube'])).stdout).toMatch(/has ended already/);
    putVersion(server, STATUS.building);
    expect((await run(['cancel', 'bert-v3', '--kube'])).stdout).toMatch(
      /is given up.*stowage retry bert-v3 --kube/,
    );
    expect(server.count('patch')).toBe(2);
  });

  it('stay until what was asked for has happened, and do not take the last failure for the new one', async () => {
    const here = await desk();
    putVersion(here.server, STATUS.failed);
    const retried = here.run(['retry', 'bert-v3', '--kube', '--wait']);
    await until('a watch', () => here.server.openWatches === 1);
    const { annotations = {} } = here.server.store(VERSIONS_PATH).get('team-a/bert-v3')?.metadata ?? {};
    const token = annotations['model.kubedl.io/retry'] ?? '';
    putVersion(here.server, { ...STATUS.ready, lastHandledRetry: token });
    const { code, stdout } = await retried;
    expect(code).toBe(0);
    expect(stdout).toContain('modelversion/bert-v3 is Ready\n');
  });
});

describe('stowage delete --kube', () => {
  it('deletes several, and says what is not touched', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.ready);
    server.store(VERSIONS_PATH).put('team-a/bert-v4', {});
    const { code, stdout } = await run(['delete', 'mv', 'bert-v3', 'bert-v4', '--kube']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^modelversion\/bert-v3 deleted; the model's files and the image are not touched\nmodelversion\/bert-v4 deleted/,
    );
    expect(server.store(VERSIONS_PATH).all()).toEqual([]);
    expect(await run(['delete', 'mv', 'bert-v3', '--kube'])).toMatchObject({ code: 2 });
  });
});

describe('a call for a cluster that is wrong', () => {
  it.each([
    [['get', 'mv', '--context', 'none'], 2, /no context "none"[^]*it has test, away/],
    [['get', 'mv', '--kubeconfig', 'none'], 2, /no kubeconfig/],
    [['get', 'mv', '--context', 'away'], 1, /127\.0\.0\.1:9 refuses connections/],
    [['logs', 'bert-v3'], 2, /logs works on a cluster[^]*Add --kube/],
    [['wait', 'bert-v3'], 2, /apply waits by itself/],
    [['retry', 'bert-v3'], 2, /apply tries again/],
    [['cancel', 'bert-v3'], 2, /Ctrl-C cancels apply/],
    [['wait', 'bert-v3', '--kube', '--for', 'jsonpath={.x}'], 2, /expected condition=TYPE/],
    [['wait', 'model/bert', '--kube'], 2, /"model\/bert"; expected a name/],
    [['get', 'sp'], 2, /in clusters only/],
    [['describe', 'sp', 'all', '--kube'], 2, /-o yaml/],
  ])('says what is: %j', async (args, code, message) => {
    const { run } = await desk();
    const answered = await run(args);
    expect(answered.code).toBe(code);
    expect(answered.stderr).toMatch(message);
  });

  it('says where Stowage is not installed, and who may not do something', async () => {
    const { run, server } = await desk();
    server.fail('list', { kind: 'status', status: 404, body: 'page not found' });
    const missing = await run(['get', 'mv', '--kube']);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toMatch(/not installed in the cluster of test[^]*stowage manifests/);
    server.fail('list', { kind: 'status', status: 403, reason: 'Forbidden' });
    expect((await run(['get', 'mv', '--kube'])).stderr).toMatch(
      /kubectl auth can-i list modelversions[^]*stowage-view/,
    );
  });
});

describe('completion on a cluster', () => {
  it('knows its names, and says nothing where it does not answer', async () => {
    const { run, server } = await desk();
    putVersion(server, STATUS.ready);
    server.store('/api/v1/namespaces').put('team-a', {});
    const complete = async (...words: string[]): Promise<string> =>
      (await run(['__complete', 'bash', '--', ...words])).stdout;
    expect(await complete('describe', 'mv', '--kube', '')).toBe('bert-v3\n');
    expect(await complete('logs', '--context', 'test', 'b')).toBe('bert-v3\n');
    expect(await complete('get', '--kube', 's')).toBe('storagepolicies\n');
    expect(await complete('get', '--kube', '-n', '')).toBe('team-a\n');
    expect(await complete('logs', '--context', 'away', '')).toBe('');
    server.fail('list', { kind: 'stall' });
    expect(await complete('logs', '--kube', '')).toBe('');
  });
});
