import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rejectionOf } from '../support/thrown.ts';
import { version, workshop } from './workshop.ts';

describe('a declaration that is wrong here', () => {
  it('is refused before anything runs where it declares one object twice', async () => {
    const shop = await workshop();
    const twice = `${version('v1')}---\n${version('v1').replace('imageTag: v1', 'imageTag: v2')}`;
    await expect(shop.apply(twice)).rejects.toMatchObject({
      code: 'DeclarationInvalid',
      message: 'ModelVersion v1 in namespace default is declared twice',
    });
    expect(existsSync(join(shop.root, 'state'))).toBe(false);
  });

  it('may give a Model and its version, and versions of two namespaces, one name', async () => {
    const shop = await workshop();
    const elsewhere = version('bert').replace('{name: bert}', '{name: bert, namespace: team-a}');
    const model = `apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}\n`;
    const outcomes = await shop.apply(`${model}---\n${version('bert')}---\n${elsewhere}`);
    expect(outcomes.map(({ result }) => result)).toEqual(['configured', 'built', 'built']);
  });

  it('is refused before anything runs where the CA file cannot be read', async () => {
    const shop = await workshop();
    const registry = version('v2').replace('oci:./images', 'registry.invalid/bert');
    const call = shop.apply(`${version('v1')}---\n${registry}`, {
      open: { plainHttp: false, caFile: join(shop.root, 'none.pem') },
    });
    await expect(call).rejects.toMatchObject({
      code: 'UsageInvalid',
      message: expect.stringContaining('none.pem') as string,
    });
    expect(existsSync(join(shop.root, 'state'))).toBe(false);
  });

  it.each([
    ['imageRepo', (yaml: string) => yaml.replace('oci:./images', 'registry.invalid:99999/bert')],
    ['base', (yaml: string) => `${yaml}  base: registry.invalid:99999/busybox:1\n`],
  ])('is refused before anything runs where its %s names no registry there can be', async (_, change) => {
    const shop = await workshop();
    const error = await rejectionOf(shop.apply(`${version('v1')}---\n${change(version('v2'))}`));
    expect(error).toMatchObject({
      code: 'UsageInvalid',
      message: expect.stringContaining('99999') as string,
    });
    expect(existsSync(join(shop.root, 'state'))).toBe(false);
  });

  it('is refused before anything runs where it names what is in a cluster only', async () => {
    const shop = await workshop();
    const claim = version('v2').replace(
      'localStorage: {path: ./model}',
      'persistentVolumeClaim: {claimName: c}',
    );
    await expect(shop.apply(`${version('v1')}---\n${claim}`)).rejects.toMatchObject({
      code: 'StorageUnsupported',
      hint: expect.stringContaining('--kube') as string,
    });
    expect(existsSync(join(shop.root, 'state'))).toBe(false);
  });

  it('is told how to forget the version in its own namespace', async () => {
    const shop = await workshop();
    const inTeam = version('v1').replace('{name: v1}', '{name: v1, namespace: team-a}');
    await shop.apply(inTeam);
    const { hint } = await rejectionOf(shop.apply(inTeam.replace('imageTag: v1', 'imageTag: v9')));
    expect(hint).toMatch(/stowage delete modelversion v1 -n team-a$/);
  });
});
