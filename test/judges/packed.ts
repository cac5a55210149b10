import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it as plain } from 'vitest';
import { startDistribution } from '../support/registries.ts';
import { makeModelTree } from './model-tree.ts';
import { pack } from './programs.ts';

/**
 * `it` with what the judges of one file share, made when the first test asks for it: a model, a registry, and the
 * model's image in the registry and in an OCI image layout.
 */
export const it = plain
  .extend('prefix', { scope: 'file' }, join(tmpdir(), 'stowage-judges-'))
  .extend('scratch', { scope: 'file' }, async ({ prefix }, { onCleanup }) => {
    const directory = await mkdtemp(prefix);
    onCleanup(() => rm(directory, { recursive: true, force: true }));
    return directory;
  })
  .extend('registry', { scope: 'file' }, async ({ scratch }, { onCleanup }) => {
    const registry = await startDistribution({ below: scratch });
    onCleanup(() => registry.stop());
    return registry.host;
  })
  .extend('model', { scope: 'file' }, async ({ scratch }) => {
    const directory = join(scratch, 'model');
    await mkdir(directory);
    await makeModelTree(directory);
    return directory;
  })
  .extend('pushed', { scope: 'file' }, async ({ registry, model }) => {
    const ref = `${registry}/judged/model:v1`;
    return { ref, report: await pack(model, ref) };
  })
  .extend('laidOut', { scope: 'file' }, async ({ scratch, model }) => {
    const ref = `oci:${join(scratch, 'layout')}:v1`;
    return { ref, path: ref.slice('oci:'.length), report: await pack(model, ref) };
  });
