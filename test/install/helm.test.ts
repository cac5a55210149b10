import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { expect, it } from 'vitest';
import { installation } from '../../src/install/installation.ts';
import type { InstallOptions, Manifest } from '../../src/install/manifest.ts';
import { tempDir } from '../support/tempdir.ts';
import { describeWith, tool } from '../support/tools.ts';
import { find, IMAGE, objectsIn } from './support.ts';

const CHART = join(import.meta.dirname, '../../deploy/helm/stowage');

async function helm(values: object, namespace = 'stowage-system'): Promise<Manifest[]> {
  const directory = await tempDir();
  await writeFile(join(directory, 'values.yaml'), stringify(values));
  const { stdout } = await promisify(execFile)(
    tool('helm'),
    ['template', 'stowage', CHART, '--namespace', namespace, '--values', join(directory, 'values.yaml')],
    { env: { HOME: directory }, maxBuffer: 16 * 1024 * 1024 },
  );
  return objectsIn(stdout);
}

function options(given: Partial<InstallOptions> = {}): InstallOptions {
  const settings = { builder: { image: IMAGE } };
  return {
    namespace: 'stowage-system',
    image: IMAGE,
    replicas: 2,
    settings,
    authorities: undefined,
    ...given,
  };
}

/** By kind and name, without what Helm's differ in on purpose: the order, how YAML in YAML is written, its own notes. */
function comparable(objects: readonly Manifest[]): Record<string, unknown> {
  const entries = objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map((object) => [`${object.kind}/${object.metadata.name}`, normalized(object)] as const);
  return Object.fromEntries(entries);
}

function normalized(object: Manifest): unknown {
  return JSON.parse(JSON.stringify(object), (key, value: unknown) => {
    if (key === 'helm.sh/resource-policy') return undefined;
    if (key === 'checksum/settings') return 'a checksum';
    if (key === 'settings.yaml') return parse(value as string) as unknown;
    const isEmpty = key === 'annotations' && Object.keys(value as object).length === 0;
    return isEmpty ? undefined : value;
  });
}

describeWith(['helm'], 'the Helm chart', () => {
  it('is what stowage manifests prints', async () => {
    const objects = await helm({ image: IMAGE });
    expect(comparable(objects)).toEqual(comparable(installation(options())));
  });

  it('is so with other values', async () => {
    const settings = { limits: { running: 3 }, deadlines: { build: 1_000_000 } };
    const authorities = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const rendered = await helm({ image: IMAGE, replicas: 5, settings, authorities }, 'models');
    const given = { namespace: 'models', replicas: 5, authorities };
    const plain = installation(options({ ...given, settings: { ...settings, builder: { image: IMAGE } } }));
    expect(comparable(rendered)).toEqual(comparable(plain));
  });

  it('keeps an image of the builder and authorities that settings name', async () => {
    const settings = { builder: { image: 'other' }, registries: { plainHttp: ['a:5000'] } };
    const { data } = find(await helm({ image: IMAGE, settings }), 'ConfigMap') as unknown as Data;
    expect(parse(data['settings.yaml'] ?? '')).toEqual(settings);
  });

  it('keeps the CRDs when it is uninstalled, and leaves them out on request', async () => {
    const crds = (await helm({ image: IMAGE })).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(crds.map(({ metadata }) => metadata)).toEqual(
      crds.map(
        () => expect.objectContaining({ annotations: { 'helm.sh/resource-policy': 'keep' } }) as object,
      ),
    );
    expect(crds).toHaveLength(3);
    const without = await helm({ image: IMAGE, crds: false });
    expect(without.filter(({ kind }) => kind === 'CustomResourceDefinition')).toEqual([]);
  });

  it('sets the resources of the controller', async () => {
    const resources = { limits: { memory: '1Gi' } };
    const deployment = find(await helm({ image: IMAGE, resources }), 'Deployment');
    expect(deployment).toMatchObject({ spec: { template: { spec: { containers: [{ resources }] } } } });
  });

  it('replaces the pods where settings change', async () => {
    const sums = await Promise.all(
      [1, 1, 2].map(async (running) => {
        const objects = await helm({ image: IMAGE, settings: { limits: { running } } });
        return /checksum\/settings":"(\w{64})"/.exec(JSON.stringify(objects))?.[1];
      }),
    );
    expect(sums[0]).toBe(sums[1]);
    expect(sums[0]).not.toBe(sums[2]);
  });

  it.each([
    [{}, /image is missing/],
    [{ image: IMAGE, replica: 1 }, /replica/],
    [{ image: IMAGE, settings: { limits: { runing: 1 } } }, /runing/],
    [{ image: IMAGE, settings: { limits: { running: 0 } } }, /running/],
  ])('refuses the values %j', async (values, says) => {
    await expect(helm(values)).rejects.toThrow(says);
  });
});

interface Data {
  readonly data: Readonly<Record<string, string>>;
}
