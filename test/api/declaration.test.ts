import { describe, expect, it } from 'vitest';
import { IN_CLUSTER, parseDeclarations } from '../../src/api/declaration.ts';
import { inNamespace } from '../../src/api/in-namespace.ts';
import { StowageError } from '../../src/errors.ts';

const HEAD = 'apiVersion: model.kubedl.io/v1alpha1\nkind: ModelVersion\nmetadata: {name: bert-v3}\n';
const MINIMAL = `${HEAD}spec:
  modelName: bert
  imageRepo: registry.example.com/team-a/bert
  storage: {localStorage: {path: /data/bert}}
`;

function parse(text: string) {
  return parseDeclarations(text, 'bert.yaml', '/work');
}

function errorOf(text: string, file = 'bert.yaml'): StowageError {
  try {
    parseDeclarations(text, file, '/work');
  } catch (error) {
    if (error instanceof StowageError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

/** The lines after the first, which counts them. */
function problemsIn(text: string): string[] {
  return errorOf(text).message.split('\n').slice(1);
}

describe('a declaration that is right', () => {
  it('is returned as it was written', () => {
    expect(parse(MINIMAL)).toEqual([
      {
        apiVersion: 'model.kubedl.io/v1alpha1',
        kind: 'ModelVersion',
        metadata: { name: 'bert-v3' },
        spec: {
          modelName: 'bert',
          imageRepo: 'registry.example.com/team-a/bert',
          storage: { localStorage: { path: '/data/bert' } },
        },
      },
    ]);
  });

  it('may use every field', () => {
    const spec = {
      modelName: 'bert',
      createdBy: 'tfjob-42',
      imageRepo: 'registry.example.com:5000/team-a/bert',
      imageTag: 'v3',
      base: `registry.example.com/busybox:1.37@sha256:${'0'.repeat(64)}`,
      compression: 'zstd',
      overwrite: true,
      imagePushSecrets: [{ name: 'push' }, { name: 'push.2' }],
      securityContext: { runAsUser: 1000, runAsGroup: 1000, supplementalGroups: [100, 65_532] },
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        { key: 'team', value: 'a', effect: 'NoExecute', tolerationSeconds: 0 },
        { operator: 'Exists' },
      ],
      suspend: false,
      storage: {
        AWSEfs: {
          volumeHandle: 'fs-0123456789abcdef0:/bert:fsap-0123456789abcdef0',
          attributes: { encryptInTransit: 'true' },
        },
      },
    };
    const metadata = {
      name: 'bert-v3',
      namespace: 'team-a',
      labels: { 'example.com/team': 'a' },
      annotations: { note: 'any text\nat all' },
    };
    const object = { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'ModelVersion', metadata, spec };
    expect(parse(JSON.stringify(object))).toEqual([object]);
  });

  it.each([
    ['a node', 'jdoe/kaniko', '    localStorage:\n      path: /foo\n      nodeName: kind-control-plane'],
    ['a file server', 'jdoe/kaniko', '    nfs:\n      path: /\n      server: nfs.example.com'],
    [
      'directories with a slash at the end, mounted at a directory that is none',
      'jdoe/kaniko',
      '    nfs:\n      path: /models/\n      server: nfs.example.com\n      mountPath: kubedl-model/',
    ],
  ])('may have the form of a KubeDL sample: %s', (_, imageRepo, storage) => {
    const text = `${HEAD}spec:\n  modelName: model1\n  createdBy: user1\n  imageRepo: ${imageRepo}\n  storage:\n${storage}`;
    expect(parse(text)).toMatchObject([{ spec: { modelName: 'model1', createdBy: 'user1', imageRepo } }]);
  });

  it('leaves out optional fields that are empty or have no value', () => {
    const text = `${MINIMAL}  imageTag: ""\n  createdBy: ''\n  base:\n  suspend: null\n`;
    expect(parse(text)).toEqual(parse(MINIMAL));
  });

  it('may be a Model without a spec', () => {
    const text = 'apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}';
    expect(parse(text)).toEqual([
      { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'Model', metadata: { name: 'bert' } },
    ]);
  });

  it('is one of several documents, empty ones skipped', () => {
    const text = `# first\n---\n${MINIMAL}---\n---\n${MINIMAL.replace('bert-v3', 'bert-v4')}...\n`;
    expect(parse(text).map(({ metadata }) => metadata.name)).toEqual(['bert-v3', 'bert-v4']);
  });

  it('is what kubectl printed: a List, with status and metadata of the server', () => {
    const item = `- apiVersion: model.kubedl.io/v1alpha1
  kind: ModelVersion
  metadata:
    creationTimestamp: "2026-03-01T12:00:00Z"
    finalizers: [example.com/pv]
    generation: 1
    managedFields: [{manager: kubectl}]
    name: bert-v3
    resourceVersion: "17"
    uid: 0e1d7a3c-0000-4000-8000-000000000000
  spec:
    modelName: bert
    imageRepo: registry.example.com/team-a/bert
    storage: {localStorage: {path: /data/bert}}
  status: {imageBuildPhase: ImageBuilding}
`;
    const text = `apiVersion: v1\nkind: List\nitems:\n${item}metadata: {resourceVersion: ""}\n`;
    expect(parse(text)).toEqual(parse(MINIMAL));
  });

  it('may repeat a value by an alias', () => {
    const text = MINIMAL.replace('modelName: bert', 'modelName: &name bert\n  createdBy: *name');
    expect(parse(text)).toMatchObject([{ spec: { modelName: 'bert', createdBy: 'bert' } }]);
  });
});

describe('a relative directory', () => {
  it.each([
    ['path: /data/bert', 'path: ./bert', { storage: { localStorage: { path: '/work/bert' } } }],
    ['path: /data/bert', 'path: ../bert/', { storage: { localStorage: { path: '/bert' } } }],
    ['registry.example.com/team-a/bert', 'oci:images', { imageRepo: 'oci:/work/images' }],
    ['registry.example.com/team-a/bert', 'oci:/images', { imageRepo: 'oci:/images' }],
    ['modelName: bert', 'modelName: bert\n  base: oci:./base:v1', { base: 'oci:/work/base:v1' }],
  ])('is relative to the file: %s → %s', (from, to, spec) => {
    expect(parse(MINIMAL.replace(from, to))).toMatchObject([{ spec }]);
  });

  it('is not accepted where the storage is on another machine', () => {
    expect(
      problemsIn(MINIMAL.replace('localStorage: {path: /data/bert}', 'nfs: {server: s, path: bert}')),
    ).toEqual([
      'bert.yaml:7:36: spec.storage.nfs.path: found "bert"; expected an absolute path without "." or ".." in it, such as /data/bert',
    ]);
  });
});

describe('a declaration that is wrong', () => {
  const PATH = 'an absolute path without "." or ".." in it, such as /data/bert';
  const REPOSITORY =
    'a repository without tag or digest, such as registry.example.com/team-a/bert, or oci:DIRECTORY (the tag goes into spec.imageTag)';
  const TAG = 'a tag of letters, digits, "_", "." and "-", at most 128 characters, such as v3';
  const KINDS = 'Model, ModelVersion or StoragePolicy of model.kubedl.io/v1alpha1, or List of v1';

  it.each<[what: string, from: string, to: string, expected: string[]]>([
    [
      'an absolute path with ..',
      '/data/bert',
      '/data/../bert',
      [`7:34: spec.storage.localStorage.path: found "/data/../bert"; expected ${PATH}`],
    ],
    [
      'a required field without value',
      '/data/bert',
      '',
      [`7:28: spec.storage.localStorage.path: found nothing; expected ${PATH}`],
    ],
    [
      'a required field left out',
      '  modelName: bert\n',
      '',
      [
        '4:1: spec.modelName: found nothing; expected a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3',
      ],
    ],
    [
      'no name',
      '{name: bert-v3}',
      '{}',
      [
        '3:1: metadata.name: found nothing; expected a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3',
      ],
    ],
    [
      'a name with capitals',
      'bert-v3',
      'Bert_3',
      [
        '3:18: metadata.name: found "Bert_3"; expected a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3',
      ],
    ],
    [
      'a text that is too long',
      'bert-v3',
      'b'.repeat(254),
      [
        `3:18: metadata.name: found "${'b'.repeat(100)}…" (254 characters); expected a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3`,
      ],
    ],
    [
      'a repository with a tag',
      'team-a/bert',
      'team-a/bert:v3',
      [`6:14: spec.imageRepo: found "registry.example.com/team-a/bert:v3"; expected ${REPOSITORY}`],
    ],
    [
      'a repository with a scheme',
      'registry.',
      'https://registry.',
      [`6:14: spec.imageRepo: found "https://registry.example.com/team-a/bert"; expected ${REPOSITORY}`],
    ],
    [
      'a tag that YAML reads as a number',
      'modelName: bert',
      'modelName: bert\n  imageTag: 1.0',
      [`6:13: spec.imageTag: found 1.0; expected ${TAG}; put it in quotes: "1.0"`],
    ],
    [
      'a tag that is no tag',
      'modelName: bert',
      'modelName: bert\n  imageTag: v3/final',
      [`6:13: spec.imageTag: found "v3/final"; expected ${TAG}`],
    ],
    [
      'a truth value in quotes',
      'modelName: bert',
      'modelName: bert\n  suspend: "true"',
      ['6:12: spec.suspend: found "true"; expected true or false, without quotes'],
    ],
    [
      'an unknown compression',
      'modelName: bert',
      'modelName: bert\n  compression: gzip',
      ['6:16: spec.compression: found "gzip"; expected none or zstd'],
    ],
    [
      'a list for a text',
      'modelName: bert',
      'modelName: [bert]',
      [
        '5:3: spec.modelName: found a list; expected a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3',
      ],
    ],
    [
      'no storage',
      '{localStorage: {path: /data/bert}}',
      '{}',
      [
        '7:3: spec.storage: found an empty mapping; expected exactly one of localStorage, nfs, AWSEfs, persistentVolumeClaim',
      ],
    ],
    [
      'two storages',
      '{localStorage',
      '{nfs: {server: s, path: /a}, localStorage',
      [
        '7:3: spec.storage: found a mapping of nfs, localStorage; expected exactly one of localStorage, nfs, AWSEfs, persistentVolumeClaim',
      ],
    ],
    [
      'a storage in small letters',
      'localStorage',
      'localstorage',
      ['7:13: spec.storage.localstorage: unknown field; did you mean localStorage?'],
    ],
    [
      'an EFS in camel case',
      'localStorage: {path: /data/bert}',
      'awsEfs: {volumeHandle: fs-01234567}',
      ['7:13: spec.storage.awsEfs: unknown field; did you mean AWSEfs?'],
    ],
    [
      'a field that nobody knows',
      'path: /data/bert',
      'path: /data/bert, mode: 5',
      ['7:46: spec.storage.localStorage.mode: unknown field; known here: path, nodeName, mountPath'],
    ],
    [
      'a misspelt field of the metadata',
      '{name: bert-v3}',
      '{name: bert-v3, lables: {}}',
      ['3:27: metadata.lables: unknown field; did you mean labels?'],
    ],
    [
      'a label that is a number',
      '{name: bert-v3}',
      '{name: bert-v3, labels: {version: 3}}',
      [
        '3:45: metadata.labels.version: found 3; expected a value of letters, digits, "-", "_" and ".", at most 63 characters; put it in quotes: "3"',
      ],
    ],
    [
      'a key of a label with a space',
      '{name: bert-v3}',
      '{name: bert-v3, labels: {a b: c}}',
      [
        '3:36: metadata.labels["a b"]: found the key "a b"; expected a key such as team or example.com/team: letters, digits, "-", "_" and "."',
      ],
    ],
    ['another kind', 'ModelVersion', 'Deployment', [`2:7: kind: found "Deployment"; expected ${KINDS}`]],
    [
      'a kind in small letters',
      'ModelVersion',
      'modelversion',
      [`2:7: kind: found "modelversion"; expected ${KINDS}; did you mean ModelVersion?`],
    ],
    ['no kind', 'kind: ModelVersion\n', '', [`1:1: kind: found nothing; expected ${KINDS}`]],
    [
      'another version',
      'v1alpha1',
      'v1',
      ['1:13: apiVersion: found "model.kubedl.io/v1"; expected model.kubedl.io/v1alpha1'],
    ],
    [
      'a key twice',
      '  modelName: bert',
      '  modelName: bert\n  modelName: bart',
      ['6:3: the key "modelName" stands here twice'],
    ],
    [
      'an alias without anchor',
      'modelName: bert',
      'modelName: *name',
      ['5:14: the alias *name has no anchor before it'],
    ],
    [
      'a foreign tag',
      'modelName: bert',
      'modelName: !!python/none bert',
      ['5:14: not valid YAML: Unresolved tag: tag:yaml.org,2002:python/none'],
    ],
    ['broken YAML', 'modelName: bert', 'modelName: "bert', ['8:1: not valid YAML: Missing closing "quote']],
  ])('is refused with place, field, found and expected: %s', (_, from, to, expected) => {
    expect(problemsIn(MINIMAL.replace(from, to))).toEqual(expected.map((line) => `bert.yaml:${line}`));
  });

  it.each([
    ['nothing', '', '1:1: found nothing'],
    ['a comment', '# to do\n', '1:1: found nothing'],
    ['a text', 'hello', '1:1: found "hello"'],
    ['a list', '- a\n', '1:1: found a list'],
  ])('is refused: %s', (_, text, expected) => {
    expect(problemsIn(text)).toEqual([`bert.yaml:${expected}; expected ${KINDS}`]);
  });

  it.each([
    ['items: 5', '2:8: items: found 5; expected a list'],
    ['items: [5]', `2:9: items[0]: found 5; expected ${KINDS}`],
    ['items: [{kind: List}]', `2:16: items[0].kind: found "List"; expected ${KINDS}; did you mean List?`],
  ])('is refused in a List: %s', (items, expected) => {
    expect(problemsIn(`kind: List\n${items}`)).toEqual([`bert.yaml:${expected}`]);
  });

  it('has all its errors told at once, in the order of the file', () => {
    const first = MINIMAL.replace('bert-v3', 'B').replace('/data/bert', '/a//');
    const second = MINIMAL.replace('storage:', 'storge:');
    const error = errorOf(`${first}---\n${second}`);
    expect(error.code).toBe('DeclarationInvalid');
    expect(error.message.split('\n').map((line) => line.split(': ', 2).join(': '))).toEqual([
      'bert.yaml has 4 errors',
      'bert.yaml:3:18: metadata.name',
      'bert.yaml:7:34: spec.storage.localStorage.path',
      'bert.yaml:12:1: spec.storage',
      'bert.yaml:15:3: spec.storge',
    ]);
  });

  it('has its first errors told and the rest counted', () => {
    const unknown = Array.from({ length: 30 }, (_, index) => `zzz${index}: 1`).join('\n');
    const lines = errorOf(MINIMAL + unknown).message.split('\n');
    expect(lines.at(0)).toBe('bert.yaml has 30 errors');
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('… and 10 more');
  });

  it('cannot write to the terminal', () => {
    const { message } = errorOf('"\\e[31mkey\\u202e": "\\u009b1m"', 'a\u001b]0;b.yaml');
    expect(message).toContain('a\\u{1b}]0;b.yaml:1:1: ');
    expect(message.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('a declaration for a cluster', () => {
  const inCluster = (text: string): string[] => {
    try {
      return parseDeclarations(text, 'bert.yaml', IN_CLUSTER).map(({ kind }) => kind);
    } catch (error) {
      return (error as StowageError).message.split('\n').slice(1);
    }
  };
  const NODE = MINIMAL.replace('path: /data/bert', 'path: /data/bert, nodeName: worker-7');
  const POLICY = `apiVersion: model.kubedl.io/v1alpha1
kind: StoragePolicy
metadata: {name: all}
spec: {namespaceSelector: {}, targets: [registry.example.com]}
`;

  it('may be a StoragePolicy too', () => {
    expect(inCluster(`${NODE}---\n${POLICY}`)).toEqual(['ModelVersion', 'StoragePolicy']);
    expect(inCluster(POLICY.replace('{name: all}', '{name: all, namespace: x}'))).toEqual([
      'bert.yaml:3:23: metadata.namespace: unknown field; known here: name, labels, annotations',
    ]);
  });

  it.each([
    [
      'path: /data/bert',
      'path: ./bert',
      'spec.storage.localStorage.path: found "./bert"; expected an absolute path',
    ],
    [
      'path: /data/bert, nodeName: worker-7',
      'path: /data/bert',
      'spec.storage.localStorage.nodeName: found nothing',
    ],
    [
      'nodeName: worker-7',
      'nodeName: ""',
      'spec.storage.localStorage.nodeName: found ""; expected the name of a node',
    ],
    [
      'registry.example.com/team-a/bert',
      'oci:/images',
      'spec.imageRepo: found "oci:/images"; expected a repository',
    ],
    [
      'registry.example.com/team-a/bert',
      'oci:./images',
      'spec.imageRepo: found "oci:./images"; expected a repository',
    ],
    ['  modelName: bert', '  modelName: bert\n  base: oci:b', 'spec.base: found "oci:b"; expected an image'],
  ])('does not say what is for one machine: %s → %s', (from, to, problem) => {
    const problems = inCluster(NODE.replace(from, to));
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('is put into the namespace that is asked for, and must not name another', () => {
    const declared = parseDeclarations(`${NODE}---\n${POLICY}`, 'bert.yaml', IN_CLUSTER);
    expect(inNamespace(declared, 'team-a').map(({ metadata }) => metadata.namespace)).toEqual([
      'team-a',
      undefined,
    ]);
    expect(() => inNamespace(inNamespace(declared, 'team-a'), 'team-b')).toThrow(
      /declared in namespace team-a/,
    );
  });
});
