import { chmod, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { safetensorsStart } from '../../test/support/model-files.ts';
import { freeze, thaw } from '../cluster/proc.ts';
import { create, get, kubectl } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  conditionOf,
  leftovers,
  modelFolder,
  MODELS_DIRECTORY,
  policyFor,
  untilClean,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/** Nothing is there: addresses of this range are routed nowhere (RFC 2544). */
const NOWHERE = '198.18.255.1:5000';

describeCluster('a build that fails says why', ['registry', 'node', 'busybox'], (cluster) => {
  let model: ModelFolder;
  let controller: Controller;

  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
    controller = await startController(cluster, {
      settings: {
        retries: { attempts: 2, firstDelay: 1, maxDelay: 2 },
        deadlines: { start: 20, lostNode: 2, storage: 10 },
      },
    });
  });
  afterAll(async () => {
    await controller.stop();
    await model.remove();
  });

  interface Case {
    readonly namespace: string;
    readonly path?: string;
    readonly spec?: object;
    readonly reasons: readonly string[];
  }

  /** Applies a version and waits for its reason; it is told in a condition, in an event and with what to do. */
  async function expectReason({ namespace, path = model.path, spec = {}, reasons }: Case) {
    await allow(namespace);
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path, spec }));
    const version = await untilReason(cluster, namespace, 'v1', ...reasons);
    const { message, reason } = conditionOf(version, 'Ready') ?? { message: '', reason: '' };
    expect(message.length).toBeGreaterThan(10);
    await expect
      .poll(async () => {
        const { items } = await get<{ items: { reason: string }[] }>(cluster, ['events'], namespace);
        return items.map((each) => each.reason);
      })
      .toContain(reason);
    return { version, message };
  }

  async function allow(namespace: string): Promise<void> {
    const policy = policyFor(cluster, namespace, [MODELS_DIRECTORY, '/nowhere'], {
      targets: [cluster.registry.host, NOWHERE],
      runAs: { users: [{ min: 1, max: 100_000 }], groups: [{ min: 1, max: 100_000 }] },
    });
    await create(cluster, policy);
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', 'mv', '--all'], { namespace });
      await untilClean(cluster);
    });
  }

  async function folder(files?: Parameters<typeof modelFolder>[0]): Promise<string> {
    const made = await modelFolder(files);
    onTestFinished(() => made.remove());
    return made.path;
  }

  it('PathNotFound: the path is not on the node', async ({ namespace }) => {
    const { message } = await expectReason({
      namespace,
      path: `${MODELS_DIRECTORY}/not/there`,
      reasons: ['PathNotFound'],
    });
    expect(message).toContain('the directory is not on the node');
    await untilClean(cluster);
  });

  it('PathNotFound: the directory of the policy is not on the node', async ({ namespace }) => {
    await expectReason({ namespace, path: '/nowhere/at/all', reasons: ['PathNotFound'] });
  });

  it('LinkRefused: a link leads out of the directory of the policy', async ({ namespace }) => {
    const path = await folder();
    await symlink('/etc', join(dirname(path), 'link'));
    await expectReason({ namespace, path: join(dirname(path), 'link'), reasons: ['LinkRefused'] });
  });

  it('LinkRefused: a link in the model leads out of it', async ({ namespace }) => {
    const path = await folder();
    await symlink('/etc/hostname', join(path, 'escape'));
    const { message } = await expectReason({ namespace, path, reasons: ['LinkRefused'] });
    expect(message).toContain('escape');
  });

  it('NodeNotFound: there is no such node', async ({ namespace }) => {
    const storage = { localStorage: { path: model.path, nodeName: 'nobody' } };
    const { message } = await expectReason({ namespace, spec: { storage }, reasons: ['NodeNotFound'] });
    expect(message).toContain('nobody');
  });

  it('NodeNotReady: the node is down', async ({ namespace }) => {
    await create(cluster, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'lost', labels: { 'kubernetes.io/hostname': 'lost' } },
    });
    onTestFinished(() => kubectl(cluster, ['delete', 'node', 'lost']).then(() => undefined));
    const storage = { localStorage: { path: model.path, nodeName: 'lost' } };
    await expectReason({ namespace, spec: { storage }, reasons: ['NodeNotReady'] });
  });

  it('SecretMissing: a Secret is not there, and the build goes on when it is', async ({ namespace }) => {
    const imagePushSecrets = [{ name: 'push' }];
    const { message } = await expectReason({
      namespace,
      spec: { imagePushSecrets },
      reasons: ['SecretMissing'],
    });
    expect(message).toContain('push');
    const server = `--docker-server=${cluster.registry.host}`;
    const secret = ['create', 'secret', 'docker-registry', 'push', server];
    await kubectl(cluster, [...secret, '--docker-username=a', '--docker-password=b'], { namespace });
    await kubectl(cluster, ['annotate', 'mv', 'v1', 'model.kubedl.io/retry=1', '--overwrite'], { namespace });
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
  });

  it('RegistryUnreachable: the registry is down', async ({ namespace }) => {
    const spec = { imageRepo: `${NOWHERE}/x` };
    await expectReason({ namespace, spec, reasons: ['RegistryUnreachable', 'Timeout'] });
  });

  it('SourceUnreadable: only its owner may read the file; as its owner the build succeeds', async ({
    namespace,
  }) => {
    const path = await folder();
    await chmod(join(path, 'weights.bin'), 0o600);
    const { chown } = await import('node:fs/promises');
    await chown(join(path, 'weights.bin'), 4711, 4711);
    const { message } = await expectReason({ namespace, path, reasons: ['SourceUnreadable'] });
    expect(message).toContain('weights.bin');
    const spec = { securityContext: { runAsUser: 4711 } };
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path, spec }));
    await untilReason(cluster, namespace, 'v2', 'Succeeded');
  });

  it('ArtifactTruncated: a checkpoint is shorter than it says', async ({ namespace }) => {
    const { start } = safetensorsStart({ weight: { dtype: 'U8', shape: [100_000] } });
    const path = await folder({ 'model.safetensors': start });
    await truncate(join(path, 'model.safetensors'), start.length + 10);
    await expectReason({ namespace, path, reasons: ['ArtifactTruncated'] });
  });

  it('ArtifactEmpty: there is no file', async ({ namespace }) => {
    const path = await folder({});
    const { mkdir } = await import('node:fs/promises');
    await mkdir(path, { recursive: true });
    await expectReason({ namespace, path, reasons: ['ArtifactEmpty'] });
  });

  it('PodLost: somebody deletes the builder pod, and another attempt follows', async ({ namespace }) => {
    const spec = { imageRepo: `${NOWHERE}/x` };
    await allow(namespace);
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    const pods = async () => (await kubectl(cluster, ['get', 'pods', '-o', 'name'], { namespace })).trim();
    await expect.poll(pods, { timeout: 30_000 }).not.toBe('');
    // The state between two attempts is short.
    const lost = untilReason(cluster, namespace, 'v1', 'PodLost');
    await kubectl(cluster, ['delete', await pods(), '--grace-period=0', '--force'], { namespace });
    await lost;
    await expect
      .poll(
        async () =>
          (await get<{ status: { attempts: number } }>(cluster, ['mv', 'v1'], namespace)).status.attempts,
        { timeout: 30_000 },
      )
      .toBe(2);
  });

  it('QuotaExceeded: the namespace may have no more claims', async ({ namespace }) => {
    await create(cluster, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { persistentvolumeclaims: '0' } },
    });
    const { version } = await expectReason({ namespace, reasons: ['QuotaExceeded'] });
    expect(version.status?.failures).toBeGreaterThan(0);
  });

  it('QuotaExceeded: the namespace may have no more pods', async ({ namespace }) => {
    await create(cluster, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { pods: '0' } },
    });
    const { message } = await expectReason({ namespace, reasons: ['QuotaExceeded'] });
    expect(message).toContain('exceeded quota');
  });

  it('AdmissionDenied: a rule of the cluster refuses the pod', async ({ namespace }) => {
    await create(
      cluster,
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: namespace },
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
            ],
          },
          validations: [{ expression: 'false', message: 'no pods today' }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: namespace },
        spec: {
          policyName: namespace,
          validationActions: ['Deny'],
          matchResources: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          },
        },
      },
    );
    onTestFinished(async () => {
      await kubectl(cluster, [
        'delete',
        'validatingadmissionpolicy,validatingadmissionpolicybinding',
        namespace,
      ]);
    });
    // A rule takes effect a moment after it was made.
    await expect
      .poll(() =>
        kubectl(cluster, ['run', 'x', '--image=x', '--dry-run=server'], { namespace }).then(
          () => 'made',
          String,
        ),
      )
      .toContain('no pods today');
    const { message, version } = await expectReason({ namespace, reasons: ['AdmissionDenied'] });
    expect(message).toContain('no pods today');
    expect(conditionOf(version, 'Stalled')?.status).toBe('True');
  });

  it('Unschedulable: the node has a taint; with a toleration the build succeeds', async ({ namespace }) => {
    await kubectl(cluster, ['taint', 'node', cluster.node.name, 'gpu=yes:NoSchedule']);
    onTestFinished(() =>
      kubectl(cluster, ['taint', 'node', cluster.node.name, 'gpu-'])
        .then(() => undefined)
        .catch(() => undefined),
    );
    const { message } = await expectReason({ namespace, reasons: ['Unschedulable'] });
    expect(message).toContain('tolerations');
    const spec = { tolerations: [{ key: 'gpu', operator: 'Exists' }] };
    await apply(cluster, versionOf(cluster, { name: 'v2', namespace, path: model.path, spec }));
    await untilReason(cluster, namespace, 'v2', 'Succeeded');
  });

  it('NodeLost: the node does not answer any more, and the pod is deleted by force', async ({
    namespace,
  }) => {
    await allow(namespace);
    const spec = { imageRepo: `${NOWHERE}/x` };
    await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
    await expect
      .poll(
        () => kubectl(cluster, ['get', 'pods', '-o', 'jsonpath={.items[*].status.phase}'], { namespace }),
        { timeout: 30_000 },
      )
      .toBe('Running');
    freeze(cluster.node.kubelet);
    try {
      const pod = (await kubectl(cluster, ['get', 'pods', '-o', 'name'], { namespace })).trim();
      await kubectl(cluster, ['delete', pod, '--wait=false', '--grace-period=1'], { namespace });
      await untilReason(cluster, namespace, 'v1', 'NodeLost');
      await untilClean(cluster);
    } finally {
      thaw(cluster.node.kubelet);
    }
    await kubectl(cluster, ['wait', `node/${cluster.node.name}`, '--for=condition=Ready', '--timeout=60s']);
  });

  it('NamespaceTerminating: nothing is begun in a namespace that goes', async ({ namespace }) => {
    const going = `${namespace}-b`;
    await kubectl(cluster, ['create', 'ns', going]);
    await create(cluster, policyFor(cluster, going, [MODELS_DIRECTORY]));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', going]).then(() => undefined));
    await apply(
      cluster,
      versionOf(cluster, { name: 'v1', namespace: going, path: model.path, spec: { suspend: true } }),
    );
    // Something else holds the namespace back, so that there is a while to look.
    const hold = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'hold', namespace: going, finalizers: ['e2e.example.com/hold'] },
    };
    await create(cluster, hold);
    await untilReason(cluster, going, 'v1', 'Suspended');
    await kubectl(
      cluster,
      ['patch', 'mv', 'v1', '--type=merge', '-p', '{"metadata":{"finalizers":["e2e.example.com/hold"]}}'],
      { namespace: going },
    );
    await kubectl(cluster, ['delete', 'ns', going, '--wait=false']);
    await expect
      .poll(() => kubectl(cluster, ['get', 'ns', going, '-o', 'jsonpath={.status.phase}']))
      .toBe('Terminating');
    expect(await leftovers(cluster)).toEqual([]);
    for (const what of ['mv/v1', 'cm/hold'])
      await kubectl(cluster, ['patch', what, '--type=merge', '-p', '{"metadata":{"finalizers":null}}'], {
        namespace: going,
      });
    await kubectl(cluster, ['wait', `ns/${going}`, '--for=delete', '--timeout=60s']);
  });

  it('ArtifactChanged: a file grows while it is read', async ({ namespace }) => {
    // Large enough that it is read while it grows: a file that only ends when nobody writes to it any more.
    const path = await folder({ 'config.json': '{}' });
    const big = join(path, 'weights.bin');
    await writeFile(big, Buffer.alloc(64 * 1024 * 1024));
    const { open } = await import('node:fs/promises');
    const file = await open(big, 'a');
    const growing = setInterval(() => void file.write('x').catch(() => undefined), 5);
    onTestFinished(async () => {
      clearInterval(growing);
      await file.close();
    });
    await expectReason({ namespace, path, reasons: ['ArtifactChanged'] });
  });
});

describeCluster('a builder that cannot run says why', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  beforeAll(async () => {
    await applyCrds(cluster);
    model = await modelFolder();
  });
  afterAll(() => model.remove());

  interface Case {
    readonly what: string;
    readonly settings: Readonly<Record<string, object>>;
    readonly reason: string;
    readonly spec?: object;
  }

  const small = { memory: '16Mi' };
  const cases: Case[] = [
    {
      what: 'it takes too long',
      settings: { deadlines: { build: 5 } },
      reason: 'Timeout',
      spec: { imageRepo: `${NOWHERE}/x` },
    },
    {
      what: 'its image is not there',
      settings: { builder: { image: 'localhost:1/none:1' } },
      reason: 'BuilderImageUnavailable',
    },
    {
      what: 'it has too little memory',
      settings: { builder: { limits: small, requests: small } },
      reason: 'OutOfMemory',
    },
    {
      what: 'no node has room for it',
      settings: { builder: { requests: { cpu: '1000' } } },
      reason: 'Unschedulable',
    },
  ];

  it('VolumeLost: its volume is torn away before it runs', async () => {
    const namespace = `e2e-torn-${Date.now().toString(36)}`;
    await kubectl(cluster, ['create', 'ns', namespace]);
    onTestFinished(() => kubectl(cluster, ['delete', 'ns', namespace, '--wait=false']).then(() => undefined));
    await create(cluster, policyFor(cluster, namespace, [MODELS_DIRECTORY]));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    const builder = { image: 'localhost:1/none:1' };
    const controller = await startController(cluster, { settings: { builder, retries: { attempts: 1 } } });
    try {
      await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path }));
      const { metadata } = await untilReason(cluster, namespace, 'v1', 'BuilderImageUnavailable');
      const volume = `stowage-${namespace}-v1-${metadata.uid}-1`;
      await kubectl(cluster, [
        'patch',
        'pv',
        volume,
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":null}}',
      ]);
      await kubectl(cluster, ['delete', 'pv', volume]);
      await untilReason(cluster, namespace, 'v1', 'VolumeLost');
      await untilClean(cluster);
    } finally {
      await controller.stop();
    }
  });

  it.each(cases)('$reason: $what', async ({ settings, reason, spec = {} }) => {
    const namespace = `e2e-builder-${Date.now().toString(36)}`;
    await kubectl(cluster, ['create', 'ns', namespace]);
    onTestFinished(() => kubectl(cluster, ['delete', 'ns', namespace, '--wait=false']).then(() => undefined));
    await create(
      cluster,
      policyFor(cluster, namespace, [MODELS_DIRECTORY], { targets: [cluster.registry.host, NOWHERE] }),
    );
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
    const controller = await startController(cluster, {
      settings: { retries: { attempts: 1 }, ...settings },
    });
    try {
      await apply(cluster, versionOf(cluster, { name: 'v1', namespace, path: model.path, spec }));
      const version = await untilReason(cluster, namespace, 'v1', reason);
      expect(conditionOf(version, 'Ready')?.message).not.toBe('');
      await kubectl(cluster, ['delete', 'mv', 'v1'], { namespace });
      await untilClean(cluster);
    } finally {
      await controller.stop();
    }
  });
});
