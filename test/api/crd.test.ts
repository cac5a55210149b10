import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { crds, crdYaml } from '../../src/api/crd.ts';
import type { Structural } from '../../src/api/structural.ts';

const [models, modelVersions, policies] = crds() as [Crd, Crd, Crd];
type Crd = ReturnType<typeof crds>[number];

function versionOf(crd: Crd) {
  return crd.spec.versions[0]!;
}

function rootOf(crd: Crd): Structural {
  return versionOf(crd).schema.openAPIV3Schema;
}

function fieldOf(crd: Crd, path: string): Structural | undefined {
  return path.split('.').reduce<Structural | undefined>((node, key) => node?.properties?.[key], rootOf(crd));
}

/** Every schema in a CRD with its path. */
function* nodes(node: Structural, path = ''): Generator<[path: string, node: Structural]> {
  yield [path, node];
  for (const [key, child] of Object.entries(node.properties ?? {})) yield* nodes(child, `${path}.${key}`);
  if (node.items) yield* nodes(node.items, `${path}[]`);
  if (node.additionalProperties) yield* nodes(node.additionalProperties, `${path}{}`);
}

const ALL = [models, modelVersions, policies].flatMap((crd) =>
  [...nodes(rootOf(crd))].map(([path, node]) => [`${crd.spec.names.kind}${path}`, node] as const),
);

describe('every schema of the CRDs', () => {
  it.each(ALL)('has a description: %s', (path, node) => {
    if (path.endsWith('.metadata')) expect(node).toEqual({ type: 'object' });
    else expect(node.description).toMatch(/\.$/);
  });

  it.each(ALL)('is structural: %s', (_, node) => {
    expect(['object', 'array', 'string', 'integer', 'boolean']).toContain(node.type);
    const known = [
      'type',
      'description',
      'properties',
      'required',
      'additionalProperties',
      'items',
      'enum',
      'format',
    ];
    const limits = [
      ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'maxProperties'],
      'pattern',
    ];
    const ours = Object.keys(node).filter((key) => !key.startsWith('x-kubernetes-'));
    expect([...known, ...limits]).toEqual(expect.arrayContaining(ours));
    expect(node.properties === undefined || node.additionalProperties === undefined).toBe(true);
  });

  it.each(ALL.filter(([path, { type }]) => path.includes('.spec') && type === 'string'))(
    'bounds its texts, as the cost of CEL rules goes by their length: %s',
    (_, node) => {
      expect(node['maxLength'] ?? node['enum']).toBeDefined();
    },
  );

  it.each(
    ALL.filter(([path, { type, additionalProperties }]) => {
      return path.includes('.spec') && (type === 'array' || additionalProperties !== undefined);
    }),
  )('bounds its lists and maps, as the cost of CEL rules goes by their size: %s', (_, node) => {
    expect(node['maxItems'] ?? node['maxProperties']).toBeGreaterThan(0);
  });
});

describe('the CRD of ModelVersion', () => {
  const spec = fieldOf(modelVersions, 'spec')!;
  const fields = Object.keys(spec.properties!);
  const rules = (node: Structural | undefined) =>
    (node?.['x-kubernetes-validations'] ?? []).map(({ rule }) => rule);

  it('requires what no build can do without', () => {
    expect(spec.required).toEqual(['modelName', 'storage', 'imageRepo']);
    expect(fieldOf(modelVersions, 'spec.storage.localStorage')?.required).toEqual(['path']);
    expect(fieldOf(modelVersions, 'spec.storage.nfs')?.required).toEqual(['server', 'path']);
    expect(fieldOf(modelVersions, 'spec.storage.AWSEfs')?.required).toEqual(['volumeHandle']);
  });

  it.each(fields.filter((field) => field !== 'suspend'))('fixes spec.%s', (field) => {
    if (spec.required?.includes(field)) expect(rules(spec.properties?.[field])).toContain('self == oldSelf');
    else
      expect(rules(spec)).toContainEqual(
        expect.stringContaining(`has(self.${field}) == has(oldSelf.${field}) && `),
      );
  });

  it('lets spec.suspend change, and the spec as a whole', () => {
    expect(rules(spec.properties?.['suspend'])).toEqual([]);
    expect(rules(spec).join('\n')).not.toMatch(/suspend|self == oldSelf$/m);
  });

  it('accepts exactly one storage', () => {
    const declared = Object.keys(fieldOf(modelVersions, 'spec.storage')!.properties!);
    expect(rules(fieldOf(modelVersions, 'spec.storage'))[0]).toBe(
      `[${declared.map((key) => `has(self.${key})`).join(', ')}].filter(declared, declared).size() == 1`,
    );
  });

  it('has at most one condition of each type', () => {
    expect(fieldOf(modelVersions, 'status.conditions')).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    });
  });

  it('counts bytes in 64 bits', () => {
    expect(fieldOf(modelVersions, 'status.size')).toMatchObject({
      type: 'integer',
      format: 'int64',
      minimum: 0,
    });
    expect(fieldOf(modelVersions, 'status.size')).not.toHaveProperty('maximum');
  });
});

describe('what KubeDL users have', () => {
  it.each([
    ...['createdBy', 'imageRepo', 'imageTag', 'modelName', 'storage.AWSEfs.volumeHandle'].map(
      (field) => `spec.${field}`,
    ),
    ...['mountPath', 'nodeName', 'path'].map((field) => `spec.storage.localStorage.${field}`),
    ...['mountPath', 'path', 'server'].map((field) => `spec.storage.nfs.${field}`),
    ...['finishTime', 'image', 'imageBuildPhase', 'message'].map((field) => `status.${field}`),
  ])('is there: ModelVersion.%s', (field) => {
    expect(fieldOf(modelVersions, field)?.type).toBe('string');
  });

  it.each(['spec.description', 'status.latestVersion.imageName', 'status.latestVersion.modelVersion'])(
    'is there: Model.%s',
    (field) => {
      expect(fieldOf(models, field)?.type).toBe('string');
    },
  );

  it('is there: the attributes of an EFS volume', () => {
    expect(fieldOf(modelVersions, 'spec.storage.AWSEfs.attributes')?.additionalProperties?.type).toBe(
      'string',
    );
  });

  it('is there: names, short names and columns, ours after theirs', () => {
    const seen = [models, modelVersions].map((crd) => ({
      name: crd.metadata.name,
      shortNames: crd.spec.names.shortNames,
      columns: versionOf(crd).additionalPrinterColumns.map(({ name, jsonPath }) => `${name} ${jsonPath}`),
    }));
    expect(seen).toEqual([
      {
        name: 'models.model.kubedl.io',
        shortNames: ['mo'],
        columns: [
          'Latest-Version .status.latestVersion.modelVersion',
          'Latest-Image .status.latestVersion.imageName',
          'Digest .status.latestVersion.digest',
          'Versions .status.versions',
          'Age .metadata.creationTimestamp',
        ],
      },
      {
        name: 'modelversions.model.kubedl.io',
        shortNames: ['mv'],
        columns: [
          'Model .spec.modelName',
          'Image .status.image',
          'Created-By .spec.createdBy',
          'Finish-Time .status.finishTime',
          'Phase .status.imageBuildPhase',
          'Ready .status.conditions[?(@.type=="Ready")].status',
          'Reason .status.conditions[?(@.type=="Ready")].reason',
          'Builder .status.builder',
          'Digest .status.digest',
          'Message .status.message',
          'Age .metadata.creationTimestamp',
        ],
      },
    ]);
  });
});

describe('the CRD of StoragePolicy', () => {
  it('is of the cluster, and has no status', () => {
    expect(policies.spec).toMatchObject({ scope: 'Cluster', names: { shortNames: ['sp'] } });
    expect(versionOf(policies)).not.toHaveProperty('subresources');
    expect(rootOf(policies).properties).not.toHaveProperty('status');
  });

  it('requires to be told for whom and where to', () => {
    expect(rootOf(policies).required).toEqual(['spec']);
    expect(fieldOf(policies, 'spec')?.required).toEqual(['namespaceSelector', 'targets']);
    expect(fieldOf(policies, 'spec.localStorage')?.items?.required).toEqual(['nodeSelector', 'pathPrefixes']);
  });

  it.each(['users', 'groups'])('knows an order in the ranges of %s', (what) => {
    expect(fieldOf(policies, `spec.runAs.${what}`)?.items?.['x-kubernetes-validations']).toEqual([
      { rule: 'self.min <= self.max', message: 'expected a min that is not above max' },
    ]);
  });
});

describe('the status of a kind that has one', () => {
  it.each([
    ['Model', models],
    ['ModelVersion', modelVersions],
  ])('is a part of its own: %s', (_, crd) => {
    expect(versionOf(crd).subresources).toEqual({ status: {} });
  });
});

describe('the YAML of the CRDs', () => {
  it('is a stream of them all', () => {
    expect(parseAllDocuments(crdYaml()).map((document) => document.toJS() as unknown)).toEqual([
      models,
      modelVersions,
      policies,
    ]);
  });
});
