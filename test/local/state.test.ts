import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/api/model.ts';
import { State, stateDirectory } from '../../src/local/state.ts';
import { tempDir } from '../support/tempdir.ts';

const model = (name: string, namespace = 'default'): Model => ({
  apiVersion: 'model.kubedl.io/v1alpha1',
  kind: 'Model',
  metadata: { name, namespace },
  spec: {},
});

describe('stateDirectory', () => {
  it.each([
    [{ STOWAGE_STATE: '/s', XDG_STATE_HOME: '/x' }, '/s'],
    [{ XDG_STATE_HOME: '/x' }, '/x/stowage'],
    [{ XDG_STATE_HOME: 'relative' }, join(homedir(), '.local/state/stowage')],
    [{}, join(homedir(), '.local/state/stowage')],
  ])('for %j is %s', (environment, directory) => {
    expect(stateDirectory(environment)).toBe(directory);
  });
});

describe('State', () => {
  it('gives back what was written, and lists it by namespace and name', async () => {
    const state = new State(await tempDir());
    for (const each of [model('b'), model('a'), model('c', 'team')]) await state.models.write(each);
    expect(await state.models.read('default', 'a')).toEqual(model('a'));
    expect((await state.models.list()).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect((await state.models.list('team')).map(({ metadata }) => metadata.name)).toEqual(['c']);
    expect(await state.modelVersions.list()).toEqual([]);
  });

  it('is empty where there is no directory', async () => {
    expect(await new State(join(await tempDir(), 'none')).models.list()).toEqual([]);
  });

  it.each(['{', '{"kind": "Pod"}'])('refuses a damaged file and names it: %s', async (text) => {
    const directory = await tempDir();
    mkdirSync(join(directory, 'default', 'models'), { recursive: true });
    const path = join(directory, 'default', 'models', 'a.json');
    writeFileSync(path, text);
    await expect(new State(directory).models.read('default', 'a')).rejects.toMatchObject({
      code: 'StateUnusable',
      message: expect.stringContaining(path) as string,
    });
  });
});
