import { describe, expect, it } from 'vitest';
import type { BuilderSettings, BuildTask } from '../../../src/builders/builder.ts';
import { streamBuilder } from '../../../src/builders/stream/stream.ts';
import { SETTINGS, SPEC, TASK } from '../task.ts';

interface Volume {
  readonly name: string;
  readonly projected?: unknown;
}
interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly object[];
}

function podOf(
  more: Partial<BuildTask['spec']> = {},
  {
    task: changed = {},
    settings: set = {},
  }: { task?: Partial<BuildTask>; settings?: Partial<BuilderSettings> } = {},
): Record<string, unknown> & { containers: [Container]; volumes: Volume[] } {
  const pod = streamBuilder.podSpec(
    { ...TASK, ...changed, spec: { ...SPEC, ...more } },
    { ...SETTINGS, ...set },
  );
  return pod as unknown as ReturnType<typeof podOf>;
}

describe('the pod of a build', () => {
  it('is this one', () => {
    expect(podOf()).toMatchInlineSnapshot(`
      {
        "activeDeadlineSeconds": 3600,
        "automountServiceAccountToken": false,
        "containers": [
          {
            "args": [
              "build",
              "/model",
              "--to=registry.example.com/team-a/bert:v3",
              "--secrets=/run/stowage/secrets",
              "--storage=local:worker-7:/data/bert",
            ],
            "env": [
              {
                "name": "STOWAGE_NAMESPACE",
                "valueFrom": {
                  "fieldRef": {
                    "fieldPath": "metadata.namespace",
                  },
                },
              },
            ],
            "image": "registry.example.com/stowage:1",
            "imagePullPolicy": "IfNotPresent",
            "name": "builder",
            "resources": {
              "limits": {
                "memory": "512Mi",
              },
              "requests": {
                "cpu": "100m",
                "memory": "256Mi",
              },
            },
            "securityContext": {
              "allowPrivilegeEscalation": false,
              "capabilities": {
                "drop": [
                  "ALL",
                ],
              },
              "readOnlyRootFilesystem": true,
            },
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [
              {
                "mountPath": "/model",
                "name": "model",
                "readOnly": true,
              },
              {
                "mountPath": "/run/stowage/secrets",
                "name": "secrets",
                "readOnly": true,
              },
            ],
          },
        ],
        "enableServiceLinks": false,
        "restartPolicy": "Never",
        "securityContext": {
          "runAsGroup": 65532,
          "runAsNonRoot": true,
          "runAsUser": 65532,
          "seccompProfile": {
            "type": "RuntimeDefault",
          },
        },
        "terminationGracePeriodSeconds": 10,
        "tolerations": [
          {
            "effect": "NoExecute",
            "key": "node.kubernetes.io/not-ready",
            "operator": "Exists",
            "tolerationSeconds": 30,
          },
          {
            "effect": "NoExecute",
            "key": "node.kubernetes.io/unreachable",
            "operator": "Exists",
            "tolerationSeconds": 30,
          },
        ],
        "volumes": [
          {
            "name": "model",
            "persistentVolumeClaim": {
              "claimName": "claim",
              "readOnly": true,
            },
          },
          {
            "name": "secrets",
            "projected": {
              "defaultMode": 292,
              "sources": [
                {
                  "secret": {
                    "items": [
                      {
                        "key": ".dockerconfigjson",
                        "path": "0/config.json",
                      },
                    ],
                    "name": "regcred",
                    "optional": true,
                  },
                },
              ],
            },
          },
        ],
      }
    `);
  });

  it('has dollars in its arguments and variables arrive as they are', () => {
    const uploads = [{ key: 'a'.repeat(32), location: 'https://r.example.com/x?a=$(STOWAGE_NAMESPACE)' }];
    const { containers } = podOf({}, { task: { storage: 'local:worker-7:/a$$b', uploads } });
    const [{ args, env }] = containers;
    expect(args).toContain('--storage=local:worker-7:/a$$$$b');
    const value = env.find(({ name }) => name === 'STOWAGE_UPLOADS')?.value;
    expect(value).toContain('a=$$(STOWAGE_NAMESPACE)');
  });

  it('runs as whom the version says, and never changes the group of files', () => {
    const securityContext = { runAsUser: 1000, supplementalGroups: [2000, 3000] };
    expect(podOf({ securityContext })['securityContext']).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 65_532,
      supplementalGroups: [2000, 3000],
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(JSON.stringify(podOf({ securityContext }))).not.toContain('fsGroup');
  });

  it('has its task in its arguments', () => {
    const pod = podOf(
      { compression: 'zstd', overwrite: true, imagePushSecrets: [{ name: 'one' }, { name: 'two' }] },
      { task: { base: 'example.com/busybox:1' }, settings: { plainHttp: ['10.0.0.1:5000', 'r.local'] } },
    );
    expect(pod.containers[0].args).toEqual([
      ...['build', '/model', '--to=registry.example.com/team-a/bert:v3', '--base=example.com/busybox:1'],
      ...['--overwrite', '--plain-http=10.0.0.1:5000', '--plain-http=r.local'],
      ...[
        '--secrets=/run/stowage/secrets',
        '--push-secret=one',
        '--push-secret=two',
        '--storage=local:worker-7:/data/bert',
        '--compression=zstd',
      ],
    ]);
  });

  it.each([
    ['that the version names', [{ name: 'one' }, { name: 'two' }], ['one', 'two']],
    ['of the settings where it names none', undefined, ['regcred']],
    ['of the settings where its list is empty', [], ['regcred']],
  ])('mounts the Secrets %s, in their order, whether they are there or not', (_, imagePushSecrets, names) => {
    const volume = podOf(imagePushSecrets && { imagePushSecrets }).volumes.find(
      ({ name }) => name === 'secrets',
    );
    expect(volume?.projected).toEqual({
      defaultMode: 0o444,
      sources: names.map((name, index) => ({
        secret: { name, optional: true, items: [{ key: '.dockerconfigjson', path: `${index}/config.json` }] },
      })),
    });
  });

  it('mounts what of the claim the task names', () => {
    expect(podOf({}, { task: { subPath: 'a/b' } }).containers[0].volumeMounts[0]).toEqual({
      name: 'model',
      mountPath: '/model',
      readOnly: true,
      subPath: 'a/b',
    });
  });

  it.each([
    ['the root of what is mounted', undefined, ['/model']],
    ['a directory', 'bert', ['/model/bert', '--within=/model']],
    ['a directory with spaces and a dash', '-a b/--to=x', ['/model/-a b/--to=x', '--within=/model']],
  ])('reads %s', (_, directory, args) => {
    const [container] = podOf({}, { task: { directory } }).containers;
    expect(container.args.slice(0, args.length + 2)).toEqual([
      ...['build', ...args, '--to=registry.example.com/team-a/bert:v3'],
    ]);
    expect(container.volumeMounts[0]).toEqual({ name: 'model', mountPath: '/model', readOnly: true });
  });

  it('runs only on nodes that reach the claim, and refuses what the policy has too large', () => {
    const pod = podOf({}, { task: { nodes: { only: ['a', 'b'] }, maxBytes: 1024 } });
    expect(pod.containers[0].args).toContain('--max-bytes=1024');
    const term = (name: string) => ({
      matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
    });
    expect(pod['affinity']).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term('a'), term('b')] },
      },
    });
  });

  it('tolerates what the settings and the version say, and leaves lost nodes soon', () => {
    const [mine, yours] = [
      { key: 'gpu', operator: 'Exists' },
      { key: 'train', value: 'yes', effect: 'NoSchedule' },
    ] as const;
    const { tolerations } = podOf({ tolerations: [yours] }, { settings: { tolerations: [mine] } });
    expect(tolerations).toEqual([
      mine,
      yours,
      ...['not-ready', 'unreachable'].map((state) => ({
        key: `node.kubernetes.io/${state}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 30,
      })),
    ]);
  });

  it('trusts the authorities of the settings, and has their priority', () => {
    const pod = podOf({}, { settings: { authorities: 'PEM', priorityClassName: 'batch' } });
    expect(pod.containers[0].env).toContainEqual({ name: 'STOWAGE_AUTHORITIES', value: 'PEM' });
    expect(pod['priorityClassName']).toBe('batch');
  });
});
