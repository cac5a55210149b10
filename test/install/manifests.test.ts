import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../src/controller/parse-settings.ts';
import { installation } from '../../src/install/installation.ts';
import type { InstallOptions } from '../../src/install/manifest.ts';
import { CLUSTER_RULES } from '../../src/install/rbac.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';
import { find, IMAGE, objectsIn } from './support.ts';

const OPTIONS: InstallOptions = {
  namespace: 'models',
  image: IMAGE,
  replicas: 3,
  settings: { builder: { image: IMAGE } },
  authorities: undefined,
};

function checksum(options: Partial<InstallOptions>): string {
  const deployment = JSON.stringify(find(installation({ ...OPTIONS, ...options }), 'Deployment'));
  return /"checksum\/settings":"(\w+)"/.exec(deployment)?.[1] ?? '';
}

describe('the installation', () => {
  it('comes in an order in which each object finds what it needs', () => {
    const kinds = installation(OPTIONS).map(({ kind }) => kind);
    expect(kinds[0]).toBe('Namespace');
    expect(kinds.at(-1)).toBe('Deployment');
    expect(kinds.lastIndexOf('CustomResourceDefinition')).toBeLessThan(kinds.indexOf('ClusterRole'));
    expect(kinds.indexOf('ServiceAccount')).toBeLessThan(kinds.indexOf('RoleBinding'));
  });

  it('names no object twice, and puts each where it belongs', () => {
    const objects = installation(OPTIONS);
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    const outside = objects.filter(({ metadata }) => metadata.namespace === undefined);
    expect(new Set(outside.map(({ kind }) => kind))).toEqual(
      new Set(['Namespace', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding']),
    );
    for (const { metadata } of objects) expect([undefined, 'models']).toContain(metadata.namespace);
  });

  it('gives no right to Secrets, no wildcard, and no write on policies', () => {
    for (const { kind, rules } of installation(OPTIONS)) {
      if (kind !== 'ClusterRole' && kind !== 'Role') continue;
      const text = JSON.stringify(rules);
      expect(text).not.toMatch(/secrets|\*|escalate|bind|impersonate/);
    }
    const policies = CLUSTER_RULES.filter(({ resources }) => resources.includes('storagepolicies'));
    expect(policies.flatMap(({ verbs }) => verbs)).toEqual(['list', 'watch']);
  });

  it('replaces the pods where settings or authorities change, and only then', () => {
    expect(checksum({})).toMatch(/^[0-9a-f]{64}$/);
    expect(checksum({ namespace: 'other', replicas: 1 })).toBe(checksum({}));
    expect(checksum({ settings: { builder: { image: 'other' } } })).not.toBe(checksum({}));
    expect(checksum({ authorities: 'a' })).not.toBe(checksum({ authorities: 'b' }));
  });
});

describe('stowage manifests', () => {
  it('prints the objects as YAML and as a List, with settings that the controller reads', async () => {
    const yaml = await runStowage(['manifests', '--image', IMAGE]);
    expect(yaml).toMatchObject({ code: 0, stderr: '' });
    const objects = objectsIn(yaml.stdout);
    const json = await runStowage(['manifests', '-o', 'json'], { env: { STOWAGE_IMAGE: IMAGE } });
    expect(JSON.parse(json.stdout)).toEqual({ apiVersion: 'v1', kind: 'List', items: objects });
    const { data } = find(objects, 'ConfigMap') as unknown as { data: Record<string, string> };
    expect(parseSettings(data['settings.yaml'] ?? '', 's').settings.builder.image).toBe(IMAGE);
    expect(find(objects, 'Deployment')).toMatchObject({
      metadata: { namespace: 'stowage-system' },
      spec: { replicas: 2, template: { spec: { containers: [{ image: IMAGE }] } } },
    });
  });

  it('takes settings from a file, checked, with the authorities that they name', async () => {
    const directory = await tempDir();
    const certificate = await ownCertificate();
    await writeFile(join(directory, 'ca.pem'), certificate);
    await writeFile(
      join(directory, 's.yaml'),
      'limits: {running: 3}\nregistries: {caFile: ca.pem, plainHttp: ["r:5000"]}\n',
    );
    const call = ['manifests', '--image', IMAGE, '--settings', 's.yaml', '--allow-all', '-n', 'models'];
    const { stdout } = await runStowage(call, { cwd: directory });
    const { data } = find(objectsIn(stdout), 'ConfigMap') as unknown as { data: Record<string, string> };
    expect(parse(data['settings.yaml'] ?? '')).toEqual({
      builder: { image: IMAGE },
      limits: { running: 3 },
      registries: { caFile: '/etc/stowage/authorities.pem', plainHttp: ['r:5000'] },
      policy: { allowAll: true },
    });
    expect(data['authorities.pem']).toBe(certificate);
  });

  it.each([
    [[], /image of the controller is missing/],
    [['--image', IMAGE, '--replicas', '0'], /"0"; expected a number from 1/],
    [['--image', IMAGE, '-n', 'A'], /"A"; expected a namespace/],
    [['--image', IMAGE, '--settings', 'none.yaml'], /none\.yaml.*does not exist/],
  ])('refuses %j', async (args, says) => {
    const { code, stdout, stderr } = await runStowage(['manifests', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });
});

async function ownCertificate(): Promise<string> {
  const { rootCertificates } = await import('node:tls');
  return `${rootCertificates[0] ?? ''}\n`;
}
