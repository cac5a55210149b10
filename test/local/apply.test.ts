import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout } from '../../src/layout/layout.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { never, version, workshop } from './workshop.ts';

describe('apply on one machine', () => {
  it('builds the image and remembers the version, its model and its report', async () => {
    const shop = await workshop();
    const [outcome] = await shop.apply(version('v1'));
    expect(outcome).toMatchObject({ kind: 'ModelVersion', name: 'v1', result: 'built' });
    const { report } = outcome!;
    const stored = await openLayout(join(shop.root, 'images')).readManifest('v1', never);
    expect(stored?.descriptor.digest).toBe(report!.digest);

    const known = await shop.state.modelVersions.read('default', 'v1');
    expect(known?.metadata).toMatchObject({
      namespace: 'default',
      labels: { 'model.kubedl.io/model-name': 'bert' },
    });
    expect(known?.status).toMatchObject({
      digest: report!.digest,
      imageBuildPhase: 'ImageBuildSucceeded',
      attempts: 1,
    });
    const model = await shop.state.models.read('default', 'bert');
    expect(model?.status?.latestVersion).toEqual({
      modelVersion: 'v1',
      imageName: report!.image,
      digest: report!.digest,
      record: report!.record,
    });
    expect(known?.report).toEqual(report);
  });

  it('does nothing for a version that is Ready', async () => {
    const shop = await workshop();
    const [built] = await shop.apply(version('v1'));
    writeFileSync(join(shop.root, 'model', 'config.json'), '{"changed": true}');
    const [again] = await shop.apply(version('v1'));
    expect(again).toMatchObject({ result: 'unchanged', report: { digest: built!.report!.digest } });
    expect((await shop.state.modelVersions.read('default', 'v1'))?.status?.attempts).toBe(1);
  });

  it('tags with the first five characters of the UID where no tag is given', async () => {
    const shop = await workshop();
    await shop.apply(version('v1').replace('imageTag: v1', 'createdBy: me'));
    const known = await shop.state.modelVersions.read('default', 'v1');
    expect(known?.status?.imageTag).toBe(known?.metadata.uid?.slice(0, 5));
  });

  it('keeps the latest version where a newer one fails, and moves it when that is applied again and succeeds', async () => {
    const shop = await workshop();
    await shop.apply(version('v1'));
    const second = version('v2', '', './model2');
    const [failed] = await shop.apply(second);
    expect(failed).toMatchObject({ result: 'failed', error: { code: 'PathNotFound' } });
    const latest = async (): Promise<string | undefined> =>
      (await shop.state.models.read('default', 'bert'))?.status?.latestVersion?.modelVersion;
    expect(await latest()).toBe('v1');
    expect((await shop.state.modelVersions.read('default', 'v2'))?.status).toMatchObject({
      imageBuildPhase: 'ImageBuildFailed',
      message: expect.stringContaining('model2') as string,
    });

    mkdirSync(join(shop.root, 'model2'));
    writeFileSync(join(shop.root, 'model2', 'config.json'), '{}');
    expect(await shop.apply(second)).toMatchObject([{ result: 'built' }]);
    expect(await latest()).toBe('v2');
    expect((await shop.state.modelVersions.read('default', 'v2'))?.status?.attempts).toBe(2);
  });

  it('goes on with the next declaration after one has failed', async () => {
    const shop = await workshop();
    const outcomes = await shop.apply(`${version('bad', '', './missing')}---\n${version('good')}`);
    expect(outcomes.map(({ name, result }) => [name, result])).toEqual([
      ['bad', 'failed'],
      ['good', 'built'],
    ]);
  });

  it('refuses a change of a known version before anything runs', async () => {
    const shop = await workshop();
    await shop.apply(version('v1'));
    const call = shop.apply(
      `${version('other')}---\n${version('v1').replace('imageTag: v1', 'imageTag: v9')}`,
    );
    await expect(call).rejects.toMatchObject({
      code: 'SpecImmutable',
      message: 'modelversion v1 is known with another spec.imageTag',
    });
    expect(await shop.state.modelVersions.read('default', 'other')).toBeUndefined();
  });

  it('refuses a node that is not this machine before anything runs, naming both', async () => {
    const shop = await workshop();
    const elsewhere = version('v1').replace('{path: ./model}', '{path: ./model, nodeName: worker-8}');
    await expect(shop.apply(elsewhere)).rejects.toMatchObject({
      code: 'NodeMismatch',
      message: expect.stringMatching(/worker-8.*worker-7/) as string,
    });
    expect(await shop.state.modelVersions.list()).toEqual([]);
  });

  it('does not build a suspended version, and builds it once it is not suspended any more', async () => {
    const shop = await workshop();
    expect(await shop.apply(version('v1', '  suspend: true\n'))).toMatchObject([{ result: 'suspended' }]);
    expect(await shop.apply(version('v1'))).toMatchObject([{ result: 'built' }]);
  });

  it.each([
    ['', 'failed'],
    ['  overwrite: true\n', 'built'],
  ])('meets a tag with other content: %j gives %s', async (more, result) => {
    const shop = await workshop();
    await shop.apply(version('v1'));
    writeFileSync(join(shop.root, 'model', 'more.txt'), 'more');
    const second = version('second', more).replace('imageTag: second', 'imageTag: v1');
    const [outcome] = await shop.apply(second);
    expect(outcome?.result).toBe(result);
    if (result === 'failed') expect(outcome?.error?.code).toBe('TagExists');
  });

  it('keeps what a Model says, and takes a description that comes later', async () => {
    const shop = await workshop();
    await shop.apply(version('v1'));
    const model = `apiVersion: model.kubedl.io/v1alpha1\nkind: Model\nmetadata: {name: bert}\nspec: {description: a reader}\n`;
    expect(await shop.apply(model)).toMatchObject([{ kind: 'Model', result: 'configured' }]);
    const known = await shop.state.models.read('default', 'bert');
    expect(known?.spec?.description).toBe('a reader');
    expect(known?.status?.latestVersion?.modelVersion).toBe('v1');
  });

  it('stops at an interruption, and leaves the rest alone', async () => {
    const shop = await workshop();
    const stop = new AbortController();
    stop.abort();
    const outcomes = await shop.apply(`${version('v1')}---\n${version('v2')}`, { signal: stop.signal });
    expect(outcomes.map(({ name, error }) => [name, error?.code])).toEqual([['v1', 'Cancelled']]);
    expect(await openLayout(join(shop.root, 'images')).readManifest('v1', never)).toBeUndefined();
  });
});

describe('apply beside another process', () => {
  it('refuses a change that was stored after it had checked', async () => {
    const shop = await workshop();
    await shop.apply(version('v2'));
    const path = join(shop.root, 'state', 'default', 'modelversions', 'v2.json');
    const stored = readFileSync(path);
    rmSync(path);
    const changed = version('v2').replace('imageTag: v2', 'imageTag: other');
    // The other process is done with the second version while the first one is built.
    const outcomes = await shop.apply(`${version('v1')}---\n${changed}`, {
      progress: () => {
        writeFileSync(path, stored);
        return SILENT;
      },
    });
    expect(outcomes.map(({ name, result, error }) => [name, result, error?.code])).toEqual([
      ['v1', 'built', undefined],
      ['v2', 'failed', 'SpecImmutable'],
    ]);
  });

  it('keeps the outcomes of the others where one version is being built elsewhere', async () => {
    const shop = await workshop();
    const yaml = ['v1', 'busy', 'v3'].map((name) => version(name)).join('---\n');
    const outcomes = await shop.state.modelVersions.locked('default', 'busy', () => shop.apply(yaml));
    expect(outcomes.map(({ name, result, error }) => [name, result, error?.code])).toEqual([
      ['v1', 'built', undefined],
      ['busy', 'failed', 'StateBusy'],
      ['v3', 'built', undefined],
    ]);
  });
});
