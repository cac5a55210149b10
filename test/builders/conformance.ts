import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Builder, BuilderSettings, BuildTask } from '../../src/builders/builder.ts';
import type { Pod, PodSpec } from '../../src/kube/core.ts';
import { SETTINGS, SPEC, TASK } from './task.ts';

type Status = NonNullable<Pod['status']>;

/** A builder under test. */
export interface Subject {
  readonly builder: Builder;
  /** The status of a pod that has made the image with this digest. */
  succeeded(digest: string): Status;
  /** The status of a pod in which each container before the last did its work, and the last has ended like this. */
  ended(state: { readonly exitCode: number; readonly reason?: string; readonly message?: string }): Status;
}

interface Container {
  readonly name: string;
  readonly volumeMounts: readonly { readonly name: string; readonly [key: string]: unknown }[];
  readonly [field: string]: unknown;
}

const DIGEST = `sha256:${'b'.repeat(64)}`;

/** What holds for every builder. */
export function conforms(subject: Subject): void {
  isAPod(subject);
  doesAsItIsTold(subject);
  reports(subject);
}

function specOf(
  { builder }: Subject,
  task: Partial<BuildTask> = {},
  settings: Partial<BuilderSettings> = {},
): PodSpec {
  return builder.podSpec({ ...TASK, ...task }, { ...SETTINGS, ...settings });
}

function containersOf(spec: PodSpec): Container[] {
  const { initContainers = [], containers = [] } = spec as Record<string, Container[]>;
  return [...initContainers, ...containers];
}

function isAPod(subject: Subject): void {
  it('runs once, within a time, with no token and no power over its node', () => {
    const spec = specOf(subject);
    expect(spec).toMatchObject({
      restartPolicy: 'Never',
      activeDeadlineSeconds: 3600,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(Object.keys(spec).filter((key) => key.startsWith('host'))).toEqual([]);
    expect(JSON.stringify(spec)).not.toMatch(/privileged"|fsGroup/);
    for (const container of containersOf(spec))
      expect(container).toMatchObject({
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        terminationMessagePolicy: 'FallbackToLogsOnError',
      });
  });

  it('has one container that builds, of that name, last', () => {
    const spec = specOf(subject);
    expect((spec as Record<string, unknown[]>)['containers']).toHaveLength(1);
    expect(containersOf(spec).at(-1)?.name).toBe('builder');
  });

  it('asks for what the settings say, whatever the size of the model', () => {
    for (const container of containersOf(specOf(subject)))
      expect(container).toMatchObject({ resources: { limits: { memory: expect.any(String) as string } } });
  });

  it('mounts the claim to be read only, below its path, wherever it is mounted', () => {
    const spec = specOf(subject, { subPath: 'team/bert' });
    expect(spec.volumes).toContainEqual({
      name: 'model',
      persistentVolumeClaim: { claimName: 'claim', readOnly: true },
    });
    const mounts = containersOf(spec).flatMap(({ volumeMounts }) => volumeMounts);
    const ofModel = mounts.filter(({ name }) => name === 'model');
    expect(ofModel).toHaveLength(containersOf(spec).length);
    for (const mount of ofModel) expect(mount).toMatchObject({ readOnly: true, subPath: 'team/bert' });
  });

  it('has files that a ConfigMap holds, or none', () => {
    const authorities = 'x'.repeat(96 * 1024);
    const files = subject.builder.files(TASK, { ...SETTINGS, authorities }) ?? {};
    const bytes = Object.values(files).map((file) => Buffer.byteLength(file));
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(1024 * 1024);
    for (const name of Object.keys(files)) expect(name).toMatch(/^[-._a-zA-Z0-9]+$/);
  });
}

function doesAsItIsTold(subject: Subject): void {
  it('goes where the model is reached, and where taints are tolerated', () => {
    const toleration = { key: 'nvidia.com/gpu', operator: 'Exists' as const };
    const spec = specOf(subject, {
      nodes: { only: ['a'] },
      spec: { ...SPEC, tolerations: [toleration] },
    });
    expect(spec['tolerations']).toContainEqual(toleration);
    expect(JSON.stringify(spec['affinity'])).toContain('"values":["a"]');
  });

  it.each([
    ['that the version names', [{ name: 'one' }], 'one'],
    ['of the settings', undefined, 'regcred'],
  ])('takes the Secret %s, and starts without it', (_, imagePushSecrets, name) => {
    const spec = specOf(subject, {
      spec: { ...SPEC, ...(imagePushSecrets === undefined ? {} : { imagePushSecrets }) },
    });
    const sources = JSON.stringify(spec.volumes);
    expect(sources).toContain(`"name":"${name}","optional":true`);
  });

  it('speaks to a registry without TLS only where it is told to', () => {
    expect(JSON.stringify(specOf(subject))).not.toMatch(/insecure|plain-http|skip-tls/);
    const spec = specOf(subject, {}, { plainHttp: ['r.local:5000'] });
    for (const { args } of containersOf(spec)) expect(JSON.stringify(args)).toContain('=r.local:5000');
  });

  it('puts the image where it is told to, on the base that it is told', () => {
    const base = `example.com/busybox:1@${DIGEST}`;
    const spec = specOf(subject, { base });
    for (const { args } of containersOf(spec)) expect(JSON.stringify(args)).toContain(TASK.to);
    const all = JSON.stringify([spec, subject.builder.files({ ...TASK, base }, SETTINGS)]);
    expect(all).toContain(base);
  });

  it('trusts the authorities that it is told', () => {
    const authorities = '-----BEGIN CERTIFICATE-----';
    const files = subject.builder.files(TASK, { ...SETTINGS, authorities });
    const all = JSON.stringify([specOf(subject, {}, { authorities }), files]);
    expect(all).toContain(authorities);
  });
}

function reports(subject: Subject): void {
  const result = (status: Status): ReturnType<Builder['result']> =>
    subject.builder.result({
      ...{ apiVersion: 'v1', kind: 'Pod', spec: {}, status },
      metadata: { name: 'p', uid: 'u', resourceVersion: '1' },
    });
  const codeOf = (status: Status): string | undefined => {
    const found = result(status);
    return found.ok ? undefined : found.error.code;
  };

  it.each<[string, Status]>([
    ['ended by itself', { phase: 'Succeeded' }],
    ['was ended right after', { phase: 'Failed', reason: 'DeadlineExceeded' }],
  ])('has the image for a result, of a pod that %s', (_, status) => {
    expect(result({ ...subject.succeeded(DIGEST), ...status })).toMatchObject({
      ok: true,
      summary: {
        image: `registry.example.com/team-a/bert:v3@${DIGEST}`,
        digest: DIGEST,
        bytes: { source: 3000 },
        model: { format: 'safetensors' },
      },
    });
  });

  const ended = { phase: 'Failed' } as const;
  it.each<[string, Status, string]>([
    ['never ran', { ...ended, reason: 'OutOfcpu' }, 'Unschedulable'],
    ['never ran, nobody knows why', ended, 'BuilderFailed'],
    ['was evicted before it ran', { ...ended, reason: 'Evicted', message: 'low on disk' }, 'Evicted'],
    ['was evicted', { ...subject.ended({ exitCode: 137 }), reason: 'Evicted' }, 'Evicted'],
    ['took too long', { ...subject.ended({ exitCode: 1 }), reason: 'DeadlineExceeded' }, 'Timeout'],
    ['lost its node', { ...subject.ended({ exitCode: 137 }), reason: 'NodeLost' }, 'NodeLost'],
    ['needs more memory', subject.ended({ exitCode: 137, reason: 'OOMKilled' }), 'OutOfMemory'],
    ['vanished', subject.ended({ exitCode: 137, reason: 'ContainerStatusUnknown' }), 'PodLost'],
    ['says nothing', subject.ended({ exitCode: 2 }), 'BuilderFailed'],
    ['ends well without a word', subject.ended({ exitCode: 0 }), 'BuilderFailed'],
    ['ends well with any words', subject.ended({ exitCode: 0, message: 'done' }), 'BuilderFailed'],
  ])('says why, of a pod that %s', (_, status, code) => {
    expect(codeOf(status)).toBe(code);
  });

  it('shows the end of a log that it does not understand, without secrets', () => {
    const log = `${'step\n'.repeat(2000)}panic: https://ann:hunter2@r.example.com/v2/ is odd\n`;
    const found = result(subject.ended({ exitCode: 1, reason: 'Error', message: log }));
    expect(found.ok).toBe(false);
    const { message } = found.ok ? { message: '' } : found.error;
    expect(message).toMatch(/panic: https:\/\/r\.example\.com\/v2\/ is odd/);
    expect(message.length).toBeLessThan(1500);
  });

  it('makes something of whatever a pod says', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 255 }), (message, exitCode) => {
        result(subject.ended({ exitCode, message }));
        subject.builder.progress?.(message);
      }),
    );
  });
}
