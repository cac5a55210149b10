import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { PersistentVolume } from '../../src/kube/core.ts';
import { namesOf } from '../../src/controller/names.ts';
import { create, get, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { describeCluster, it } from './support/cluster.ts';
import { applyCrds, startController, type Controller } from './support/controller.ts';
import {
  apply,
  modelFolder,
  policyFor,
  readVersion,
  untilReason,
  versionOf,
  type ModelFolder,
} from './support/versions.ts';

/*
 * What somebody may try who may create ModelVersions in one namespace and nothing else. After each try nothing of the
 * secret was read, and nothing is in the registry.
 */

/** Nothing answers there: a build waits for it. */
const NOWHERE = '198.18.255.1:5000';

describeCluster('an attack', ['registry', 'node'], (cluster) => {
  let model: ModelFolder;
  /** Lies beside the model, in nobody's prefix: the kubelet's credentials, say. */
  let secret: ModelFolder;
  let controller: Controller;

  beforeAll(async () => {
    await applyCrds(cluster);
    [model, secret] = await Promise.all([modelFolder(), modelFolder({ 'kubelet.conf': 'token: x\n' })]);
    controller = await startController(cluster, {
      settings: {
        retries: { attempts: 2, firstDelay: 1, maxDelay: 1 },
        deadlines: { start: 20, storage: 10 },
      },
    });
  });
  afterAll(async () => {
    await controller.stop();
    await Promise.all([model.remove(), secret.remove()]);
  });

  /** Allows the model's own directory, and the repositories of the namespace. */
  async function allow(namespace: string, prefix = dirname(model.path)): Promise<void> {
    const targets = [`${cluster.registry.host}/${namespace}`];
    await create(cluster, policyFor(cluster, namespace, [prefix], { targets }));
    onTestFinished(() => kubectl(cluster, ['delete', 'storagepolicy', namespace]).then(() => undefined));
  }

  function versionAt(namespace: string, path: string, spec: object = {}): KubeObject {
    return versionOf(cluster, { name: 'v1', namespace, path, spec });
  }

  /** Long ago: the first reading of a file that has changed since it was read is noted by every file system. */
  const LONG_AGO = new Date('2001-01-01');
  const secretFile = (): string => join(secret.path, 'kubelet.conf');

  async function untouched<T>(attack: () => Promise<T>): Promise<T> {
    await utimes(secretFile(), LONG_AGO, new Date());
    const result = await attack();
    expect((await stat(secretFile())).atime).toEqual(LONG_AGO);
    return result;
  }

  async function nothingIn(repository: string): Promise<void> {
    const answer = await fetch(`http://${cluster.registry.host}/v2/${repository}/tags/list`);
    expect(answer.status).toBe(404);
  }

  it('that reads would be noticed', async () => {
    await utimes(secretFile(), LONG_AGO, new Date());
    await readFile(secretFile());
    expect((await stat(secretFile())).atime).not.toEqual(LONG_AGO);
  });

  it.for([
    ['/'],
    ['/etc/kubernetes'],
    ['/etc/kubernetes/pki/'],
    ['/var/lib/kubelet'],
    ['/var/lib/kubelet/pki'],
    ['/root/.ssh'],
    ['/proc/1/root'],
  ] as const)('on the path %s is denied by policy', async ([path], { namespace }) => {
    await allow(namespace);
    await apply(cluster, versionAt(namespace, path));
    await untilReason(cluster, namespace, 'v1', 'PolicyDenied');
    await nothingIn(`${namespace}/bert`);
  });

  it.each([
    ['dots', { path: '/tmp/stowage-models/../../etc' }],
    ['a dot', { path: '/tmp/./etc' }],
    ['an empty name', { path: '//etc' }],
    ['a relative path', { path: 'etc' }],
    ['a line break', { path: '/data\nhostPath: /etc' }],
    ['a NUL', { path: '/data\u0000/etc' }],
    ['a node that is a path', { path: '/data', nodeName: '../worker' }],
    ['a node that is YAML', { path: '/data', nodeName: 'a", "b' }],
  ])('with %s does not get past the API server', async (_, localStorage) => {
    const object = versionAt('default', '/x', { storage: { localStorage } });
    await expect(apply(cluster, object)).rejects.toThrow(/localStorage|Invalid|invalid/);
  });

  it.each([
    ['a claim of another namespace', { persistentVolumeClaim: { claimName: 'team-b/results' } }],
    ['a way out of a claim', { persistentVolumeClaim: { claimName: 'results', path: '../secret' } }],
    ['a way out of a claim at its end', { persistentVolumeClaim: { claimName: 'results', path: 'a/..' } }],
    ['options behind a server', { nfs: { server: 'nfs -o rw', path: '/x' } }],
    ['a second server', { nfs: { server: 'nfs,evil', path: '/x' } }],
    ['dots in an export', { nfs: { server: 'nfs', path: '/exports/../etc' } }],
    ['dots in a handle', { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0:/a/../b' } }],
    ['an access point in a path', { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0:/a:b:fsap-012345678' } }],
    [
      'an attribute of the driver’s own',
      { AWSEfs: { volumeHandle: 'fs-0123456789abcdef0', attributes: { path: '/' } } },
    ],
    ['two storages', { nfs: { server: 'nfs', path: '/x' }, localStorage: { path: '/x', nodeName: 'a' } }],
  ])('with %s does not get past the API server', async (_, storage) => {
    await expect(apply(cluster, versionAt('default', '/x', { storage }))).rejects.toThrow('storage');
  });

  it.each([
    ['imageRepo', { imageRepo: '127.0.0.1/a --plain-http=evil' }],
    ['imageRepo', { imageRepo: 'registry/a:tag' }],
    ['imageTag', { imageTag: 'v1@sha256:0' }],
    ['modelName', { modelName: '../bert' }],
    ['imagePushSecrets', { imagePushSecrets: [{ name: '../../etc' }] }],
    ['base', { base: 'oci:/etc' }],
  ])('with a %s that would reach elsewhere does not get past the API server', async (field, spec) => {
    await expect(apply(cluster, versionAt('default', '/x', spec))).rejects.toThrow(field);
  });

  it('through a link in the model is refused by the builder, and reads nothing behind it', async ({
    namespace,
  }) => {
    const folder = await modelFolder();
    onTestFinished(() => folder.remove());
    await symlink(secretFile(), join(folder.path, 'weights.safetensors'));
    await allow(namespace, dirname(folder.path));
    await untouched(async () => {
      await apply(cluster, versionAt(namespace, folder.path));
      await untilReason(cluster, namespace, 'v1', 'LinkRefused');
    });
    await nothingIn(`${namespace}/bert`);
  });

  it('through a link in place of the model is refused by the node', async ({ namespace }) => {
    const folder = await modelFolder();
    onTestFinished(() => folder.remove());
    const path = join(dirname(folder.path), 'linked');
    await symlink(secret.path, path);
    await allow(namespace, dirname(folder.path));
    await untouched(async () => {
      await apply(cluster, versionAt(namespace, path));
      await untilReason(cluster, namespace, 'v1', 'LinkRefused');
    });
    await nothingIn(`${namespace}/bert`);
  });

  it('through a link on the way to the model is refused by the node', async ({ namespace }) => {
    const folder = await modelFolder();
    onTestFinished(() => folder.remove());
    await symlink(dirname(secret.path), join(dirname(folder.path), 'way'));
    await allow(namespace, dirname(folder.path));
    await untouched(async () => {
      await apply(cluster, versionAt(namespace, join(dirname(folder.path), 'way', 'model')));
      await untilReason(cluster, namespace, 'v1', 'LinkRefused');
    });
    await nothingIn(`${namespace}/bert`);
  });

  it('on another registry, or another repository, is denied', async ({ namespace }) => {
    await allow(namespace);
    for (const [name, imageRepo] of [
      ['elsewhere', `${cluster.node.hostAddress}:1/${namespace}/bert`],
      ['beside', `${cluster.registry.host}/${namespace}-x/bert`],
    ] as const) {
      await apply(cluster, versionOf(cluster, { name, namespace, path: model.path, spec: { imageRepo } }));
      await untilReason(cluster, namespace, name, 'PolicyDenied');
    }
    await nothingIn(`${namespace}-x/bert`);
  });

  it('with a volume of our name that is somebody else’s gets another, and nothing of that one', async ({
    namespace,
  }) => {
    await allow(namespace);
    await apply(cluster, versionAt(namespace, model.path, { suspend: true }));
    const names = namesOf(await untilReason(cluster, namespace, 'v1', 'Suspended'), 1);
    await create(cluster, volumeOf(names.volume, secret.path));
    onTestFinished(() =>
      kubectl(cluster, ['delete', 'pv', names.volume, '--wait=false']).then(() => undefined),
    );
    await untouched(async () => {
      const go = JSON.stringify({ spec: { suspend: false } });
      await kubectl(cluster, ['patch', 'mv', 'v1', '--type=merge', '-p', go], { namespace });
      const { status } = await untilReason(cluster, namespace, 'v1', 'Succeeded');
      expect(status?.attempts).toBe(2);
    });
  });

  it('on our volume by a claim of another namespace gets nothing', async ({ namespace }) => {
    await allow(namespace);
    const other = `${namespace}-b`;
    await kubectl(cluster, ['create', 'ns', other]);
    onTestFinished(() => kubectl(cluster, ['delete', 'ns', other, '--wait=false']).then(() => undefined));
    await apply(cluster, versionAt(namespace, model.path, { suspend: true }));
    const names = namesOf(await untilReason(cluster, namespace, 'v1', 'Suspended'), 1);
    await create(cluster, grabbing(names.claim, other, names.volume));
    const go = JSON.stringify({ spec: { suspend: false } });
    await kubectl(cluster, ['patch', 'mv', 'v1', '--type=merge', '-p', go], { namespace });
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    const { status } = await get<{ status: { phase: string } }>(cluster, ['pvc', names.claim], other);
    expect(status.phase).not.toBe('Bound');
  });

  it('on the claim of another build is denied, whatever claims a policy allows', async ({ namespace }) => {
    // Of two policies neither allows to send what the one lets be read to where the other lets it be sent.
    await create(cluster, {
      ...policyFor(cluster, namespace, [dirname(model.path)], { targets: [NOWHERE] }),
      metadata: { name: `${namespace}-private` },
    });
    await create(
      cluster,
      policyFor(cluster, namespace, [], { localStorage: [], persistentVolumeClaim: [{}] }),
    );
    onTestFinished(async () => {
      await kubectl(cluster, ['delete', 'storagepolicy', namespace, `${namespace}-private`]);
    });
    const spec = { imageRepo: `${NOWHERE}/private/bert` };
    await apply(cluster, versionOf(cluster, { name: 'victim', namespace, path: model.path, spec }));
    const { claim } = namesOf(await untilReason(cluster, namespace, 'victim', 'Building'), 1);
    await expect.poll(() => kubectl(cluster, ['get', 'pvc', '-o', 'name'], { namespace })).toContain(claim);
    const storage = { persistentVolumeClaim: { claimName: claim, path: 'model' } };
    await apply(cluster, versionAt(namespace, '', { storage }));
    const denied = await untilReason(cluster, namespace, 'v1', 'PolicyDenied');
    expect(denied.status?.message).toContain('made for a build');
    await nothingIn(`${namespace}/bert`);
    await kubectl(cluster, ['delete', 'mv', '--all', '--timeout=60s'], { namespace });
  });

  it('by what it is called stays a name', async ({ namespace }) => {
    const folder = await modelFolder({
      '$(touch pwned);"\'`.txt': 'x',
      '--overwrite': 'y',
      'a\u00a0: [b].json': '{}',
    });
    onTestFinished(() => folder.remove());
    const path = join(dirname(folder.path), 'a"b\'c $(id) `id` {{.}} - x: y');
    await mkdir(path);
    await writeFile(join(path, 'config.json'), '{}');
    await allow(namespace, dirname(folder.path));
    const createdBy = '"}}\'; kubectl delete ns default # ${PATH} {{ .Values }}';
    const name = 'a.b-c.0';
    await apply(cluster, versionOf(cluster, { name, namespace, path, spec: { createdBy, imageTag: 'v1' } }));
    await apply(cluster, versionAt(namespace, folder.path, { imageTag: 'v2' }));
    await untilReason(cluster, namespace, name, 'Succeeded');
    await untilReason(cluster, namespace, 'v1', 'Succeeded');
    expect((await readVersion(cluster, namespace, name)).spec.createdBy).toBe(createdBy);
  });

  function volumeOf(name: string, path: string): KubeObject {
    const isHere = { key: 'kubernetes.io/hostname', operator: 'Exists' };
    const spec: Partial<PersistentVolume['spec']> = {
      capacity: { storage: '1Ki' },
      accessModes: ['ReadOnlyMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [isHere as never] }] } },
    };
    return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec };
  }

  function grabbing(name: string, namespace: string, volumeName: string): KubeObject {
    const resources = { requests: { storage: '1Ki' } };
    const spec = { accessModes: ['ReadOnlyMany'], storageClassName: '', volumeName, resources };
    return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace }, spec };
  }
});
