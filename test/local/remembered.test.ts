import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { never, version, workshop } from './workshop.ts';

describe('what apply remembers', () => {
  it('has the report while the version is Ready, in the same file', async () => {
    const shop = await workshop();
    const [built] = await shop.apply(version('v1'));
    const files = readdirSync(join(shop.root, 'state', 'default'), { recursive: true });
    expect(files.sort()).toEqual(['models', 'models/bert.json', 'modelversions', 'modelversions/v1.json']);
    const path = join(shop.root, 'state', 'default', 'modelversions', 'v1.json');
    const stored = JSON.parse(readFileSync(path, 'utf8')) as { report: unknown };
    expect(stored.report).toEqual(built!.report);
  });

  it('names the file and keeps the others where one is damaged, and is no defect', async () => {
    const shop = await workshop();
    await shop.apply(version('v1'));
    const path = join(shop.root, 'state', 'default', 'modelversions', 'v1.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"uploaded"', '"unheard of"'));
    await expect(shop.apply(version('v1'))).rejects.toMatchObject({
      code: 'StateUnusable',
      message: expect.stringContaining(path) as string,
    });
  });

  it('is the error of the build, also where that cannot be stored', async () => {
    const shop = await workshop();
    const versions = join(shop.root, 'state', 'default', 'modelversions');
    const outcomes = await shop.apply(version('v1'), {
      progress: () => {
        // A directory in the place of the file: nothing can be stored any more.
        rmSync(join(versions, 'v1.json'));
        mkdirSync(join(versions, 'v1.json'));
        throw new StowageError('RegistryFailed', 'the registry is on fire');
      },
    });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'RegistryFailed' } }]);
  });

  it('is that the state cannot be written, where the image is there and only that failed', async () => {
    const shop = await workshop();
    const versions = join(shop.root, 'state', 'default', 'modelversions');
    const outcomes = await shop.apply(version('v1'), {
      progress: () => {
        rmSync(join(versions, 'v1.json'));
        mkdirSync(join(versions, 'v1.json'));
        return SILENT;
      },
    });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { code: 'StateUnusable' } }]);
    expect(await openLayout(join(shop.root, 'images')).readManifest('v1', never)).toBeDefined();
  });

  it('has names as long as the API allows, also where they begin alike', async () => {
    const shop = await workshop();
    const [a, b] = ['a', 'b'].map((end) => 'n'.repeat(252) + end) as [string, string];
    const yaml = [a, b].map((name, index) =>
      version(name)
        .replace(`imageTag: ${name}`, `imageTag: v${index}`)
        .replace('modelName: bert', `modelName: ${name}`),
    );
    expect(await shop.apply(yaml.join('---\n'))).toMatchObject([{ result: 'built' }, { result: 'built' }]);
    const names = (await shop.state.modelVersions.list()).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual([a, b]);
    expect((await shop.state.models.read('default', a))?.status?.latestVersion?.modelVersion).toBe(a);
  });

  it('has suspend as it was declared last, also of a version that is Ready', async () => {
    const shop = await workshop();
    const [built] = await shop.apply(version('v1'));
    const [again] = await shop.apply(version('v1', '  suspend: true\n'));
    expect(again).toMatchObject({ result: 'unchanged', report: { digest: built!.report!.digest } });
    expect(await shop.state.modelVersions.read('default', 'v1')).toMatchObject({
      metadata: { generation: 2 },
      spec: { suspend: true },
      status: { observedGeneration: 2, attempts: 1, digest: built!.report!.digest },
      report: built!.report,
    });
  });
});
