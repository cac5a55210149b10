import { describe, expect, it } from 'vitest';
import { checkStorage, openStorage, storageInCluster } from '../../src/storage/kinds.ts';

describe('persistentVolumeClaim in a cluster', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['/', undefined],
    ['models', 'models'],
    ['/models/bert', 'models/bert'],
    ['models/bert/', 'models/bert'],
  ])('with the path %j is %j of the claim', (path, subPath) => {
    const storage = {
      persistentVolumeClaim: { claimName: 'models', ...(path === undefined ? {} : { path }) },
    };
    expect(storageInCluster(storage)).toEqual({ by: 'claim', claimName: 'models', subPath });
  });
});

describe('persistentVolumeClaim on one machine', () => {
  const storage = { persistentVolumeClaim: { claimName: 'models' } };
  const refusal = {
    code: 'StorageUnsupported',
    message: 'the PersistentVolumeClaim models cannot be read on one machine: it exists in a cluster only',
    hint: expect.stringMatching(/--kube or --context.*localStorage/) as string,
  };

  it('is refused before anything runs', () => {
    expect(() => checkStorage(storage, { hostname: 'here' })).toThrow(
      expect.objectContaining(refusal) as Error,
    );
  });

  it('is refused when it is opened', async () => {
    const opening = openStorage(storage, { hostname: 'here' }, new AbortController().signal);
    await expect(opening).rejects.toMatchObject(refusal);
  });
});
