import { describe, expect, it } from 'vitest';
import { remove } from '../../src/cluster/remove.ts';
import { until } from '../kube/support/until.ts';
import { KEY, never, putVersion, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { STATUS } from './support/versions.ts';

const MODELS_PATH = '/apis/model.kubedl.io/v1alpha1/models';

describe('deleting', () => {
  it('stays until the finalizer is gone, and says that there is one', async () => {
    const { server, remote } = await remoteServer();
    putVersion(server, STATUS.building, { finalizers: ['model.kubedl.io/persistent-volume'] });
    const held: string[] = [];
    const onHeld = (finalizers: readonly string[]): void => void held.push(...finalizers);
    const end = remove(remote, 'modelversions', KEY, { wait: true, onHeld, signal: never });
    await until('what holds it up', () => held.length > 0);
    server.store(VERSIONS_PATH).delete('team-a/bert-v3');
    expect(await end).toEqual({ versions: 0 });
    expect(held).toEqual(['model.kubedl.io/persistent-volume']);
  });

  it('does not wait for another object that has the name by now', async () => {
    const { server, remote } = await remoteServer();
    putVersion(server, STATUS.building, { finalizers: ['a/b'] });
    const onHeld = (): void => {
      server.store(VERSIONS_PATH).delete('team-a/bert-v3');
      putVersion(server, undefined, { finalizers: [] });
    };
    await remove(remote, 'modelversions', KEY, { wait: true, onHeld, signal: never });
    expect(server.store(VERSIONS_PATH).all()).toHaveLength(1);
  });

  it('without waiting only asks for it', async () => {
    const { server, remote } = await remoteServer();
    putVersion(server, STATUS.building, { finalizers: ['a/b'] });
    const options = { wait: false, onHeld: () => undefined, signal: never };
    expect(await remove(remote, 'modelversions', KEY, options)).toEqual({ versions: 0 });
    expect(server.count('watch')).toBe(0);
  });

  it('a Model tells how many versions go with it', async () => {
    const { server, remote } = await remoteServer();
    const { uid } = server.store(MODELS_PATH).put('team-a/bert', {}).metadata;
    const ownerReferences = [{ apiVersion: 'model.kubedl.io/v1alpha1', kind: 'Model', name: 'bert', uid }];
    putVersion(server, STATUS.ready, { ownerReferences });
    const options = { wait: true, onHeld: () => undefined, signal: never };
    const key = { namespace: 'team-a', name: 'bert' };
    expect(await remove(remote, 'models', key, options)).toEqual({ versions: 1 });
    expect(await remove(remote, 'models', key, options)).toBeUndefined();
  });
});
