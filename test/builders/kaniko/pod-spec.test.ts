import { describe, expect, it } from 'vitest';
import { builders } from '../../../src/builders/builders.ts';
import type { BuilderSettings, BuildTask } from '../../../src/builders/builder.ts';
import { thrownBy } from '../../support/thrown.ts';
import { SETTINGS, SPEC, TASK } from '../task.ts';

function podOf(spec: Partial<BuildTask['spec']> = {}, settings: Partial<BuilderSettings> = {}) {
  const pod = builders.kaniko.podSpec({ ...TASK, spec: { ...SPEC, ...spec } }, { ...SETTINGS, ...settings });
  const { initContainers, containers } = pod as Record<string, Record<string, unknown>[]>;
  return { pod, check: initContainers?.[0] ?? {}, kaniko: containers?.[0] ?? {} };
}

describe("Kaniko's pod", () => {
  it('is root, and nothing more', () => {
    const { pod, check, kaniko } = podOf();
    expect(pod).toMatchObject({ securityContext: { runAsUser: 0, runAsGroup: 0 } });
    expect(check).toMatchObject({
      securityContext: {
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE'] },
      },
    });
    expect(kaniko).toMatchObject({ image: 'registry.example.com/kaniko:1' });
  });

  it('has its task in its arguments', () => {
    const { check, kaniko } = podOf(
      { overwrite: true, imagePushSecrets: [{ name: 'one' }] },
      { plainHttp: ['10.0.0.1:5000', 'r.local'] },
    );
    expect(check['args']).toEqual([
      ...['check', '/model', '--to=registry.example.com/team-a/bert:v3', '--overwrite'],
      ...['--plain-http=10.0.0.1:5000', '--plain-http=r.local', '--secrets=/run/stowage/secrets'],
      ...['--push-secret=one', '--uid=0b5d1f6e-1111-2222-3333-444455556666'],
    ]);
    expect(kaniko['args']).toEqual([
      ...['--context=dir:///workspace', '--dockerfile=/workspace/Dockerfile'],
      '--destination=registry.example.com/team-a/bert:v3',
      ...['--digest-file=/dev/termination-log', '--compressed-caching=false', '--single-snapshot'],
      ...['--compression=gzip', '--compression-level=1', '--log-format=text'],
      ...['--insecure-registry=10.0.0.1:5000', '--insecure-registry=r.local'],
    ]);
  });

  it('mounts the model in the build context, and its files beside it', () => {
    const { pod, kaniko } = podOf({}, { authorities: 'PEM' });
    expect(kaniko['volumeMounts']).toEqual([
      { name: 'model', mountPath: '/workspace/build', readOnly: true },
      { name: 'files', mountPath: '/workspace/Dockerfile', subPath: 'Dockerfile', readOnly: true },
      { name: 'files', mountPath: '/workspace/link.tar', subPath: 'link.tar', readOnly: true },
      {
        name: 'files',
        mountPath: '/kaniko/stowage/authorities.pem',
        subPath: 'authorities.pem',
        readOnly: true,
      },
      { name: 'secrets', mountPath: '/kaniko/.docker', subPath: '0', readOnly: true },
    ]);
    expect(pod.volumes).toContainEqual({ name: 'files', configMap: { name: TASK.podName } });
    expect(kaniko['env']).toContainEqual({
      name: 'SSL_CERT_DIR',
      value: '/kaniko/ssl/certs:/kaniko/stowage',
    });
  });

  it.each([
    [{}, undefined],
    [{ sizeHint: '40Gi' }, String(80 * 1024 ** 3)],
    [{ sizeHint: '5G' }, '10000000000'],
  ])('asks for room on the disk, with %j', (spec, bytes) => {
    const { kaniko } = podOf(spec);
    const room = bytes === undefined ? {} : { 'ephemeral-storage': bytes };
    expect(kaniko['resources']).toEqual({
      requests: { memory: '512Mi', ...room },
      limits: { memory: '2Gi' },
    });
  });

  it.each([
    ['1', '100Gi', '100Gi'],
    ['60Gi', '100Gi', String(120 * 1024 ** 3)],
    ['60Gi', '1.5Ti', '1.5Ti'],
  ])('asks for twice %s where the settings say %s: %s', (sizeHint, configured, expected) => {
    const requests = { 'ephemeral-storage': configured };
    const { kaniko } = podOf({ sizeHint }, { kaniko: { ...SETTINGS.kaniko, requests } });
    expect(kaniko['resources']).toMatchObject({ requests: { 'ephemeral-storage': expected } });
  });

  it('is refused where the settings do not give the room', () => {
    const kaniko = { ...SETTINGS.kaniko, limits: { 'ephemeral-storage': '10Gi' } };
    const spec = { ...SPEC, sizeHint: '6Gi' };
    const error = thrownBy(() => builders.kaniko.podSpec({ ...TASK, spec }, { ...SETTINGS, kaniko }));
    expect(error.message).toContain('spec.sizeHint');
  });

  it.each([
    [{}, 'gzip'],
    [{ compression: 'zstd' as const }, 'zstd'],
  ])('compresses, with %j', (spec, how) => {
    expect(podOf(spec).kaniko['args']).toContain(`--compression=${how}`);
  });

  it('reads files as more groups where that is asked for', () => {
    const { pod } = podOf({ securityContext: { supplementalGroups: [5] } });
    expect(pod).toMatchObject({ securityContext: { runAsUser: 0, supplementalGroups: [5] } });
  });

  it.each<[Partial<BuildTask>, RegExp]>([
    [{ spec: { ...SPEC, compression: 'none' } }, /compression is none/],
    [{ spec: { ...SPEC, securityContext: { runAsUser: 1000 } } }, /runs as root only/],
    [{ spec: { ...SPEC, securityContext: { runAsGroup: 1000 } } }, /runs as root only/],
    [{ spec: { ...SPEC, imagePushSecrets: [{ name: 'a' }, { name: 'b' }] } }, /one Secret/],
    [{ directory: 'team/bert' }, /hostPath/],
    [
      { base: 'example.com/busybox:1' },
      /the digest of the base image, such as example\.com\/busybox:1@sha256:…/,
    ],
  ])('is refused where Kaniko cannot do what is asked for: %j', (task, words) => {
    const error = thrownBy(() => builders.kaniko.podSpec({ ...TASK, ...task }, SETTINGS));
    expect(error).toMatchObject({ code: 'DeclarationInvalid', retryable: false });
    expect(error.message).toMatch(words);
    expect(error.hint).toContain('spec.builder: stream');
  });
});
