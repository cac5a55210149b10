import { describe, expect, it } from 'vitest';
import { isReached, waitForAll, type Goal } from '../../src/cluster/wait.ts';
import { StowageError } from '../../src/errors.ts';
import { until } from '../kube/support/until.ts';
import { never, putVersion, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { STATUS, versionWith } from './support/versions.ts';

const READY: Goal = { type: 'Ready', status: 'True' };

describe('a goal', () => {
  it.each([
    ['Ready', STATUS.ready, READY, true],
    ['Ready', STATUS.building, READY, false],
    ['Ready', { imageBuildPhase: 'ImageBuildSucceeded' }, READY, true],
    ['Ready', undefined, READY, false],
    ['not Ready', STATUS.building, { type: 'Ready', status: 'False' }, true],
    ['its volume', STATUS.building, { type: 'StorageReady', status: 'True' }, true],
    ['its failure', STATUS.failed, { type: 'Stalled', status: 'True' }, true],
    ['what nobody knows', STATUS.ready, { type: 'Novelty', status: 'True' }, false],
    ['its deletion', STATUS.ready, 'delete', false],
  ] as const)('of %s is reached or not', (_, status, goal, reached) => {
    expect(isReached(versionWith(status), goal)).toBe(reached);
  });

  it('is not reached by what was said of an older spec', () => {
    const version = versionWith(STATUS.suspended, { generation: 2 });
    expect(isReached(version, { type: 'Ready', status: 'False' })).toBe(false);
  });

  it('of a deletion is reached where there is nothing', () => {
    expect(isReached(undefined, 'delete')).toBe(true);
    expect(isReached(undefined, READY)).toBe(false);
  });
});

async function waiting(goal: Goal, names: readonly string[], signal = never) {
  const { server, remote } = await remoteServer();
  const reached: string[] = [];
  const start = () =>
    waitForAll(remote, names, goal, {
      ...{ hintFor: (name) => `see ${name}`, onReached: (name) => reached.push(name), signal },
    });
  return { server, reached, start };
}

describe('waiting', () => {
  it('ends when each has the condition', async () => {
    const { server, reached, start } = await waiting(READY, ['bert-v3', 'bert-v4']);
    putVersion(server, STATUS.building);
    server.store(VERSIONS_PATH).put('team-a/bert-v4', versionWith(STATUS.ready, { name: 'bert-v4' }));
    const end = start();
    await until('open watches', () => server.openWatches === 1);
    putVersion(server, STATUS.ready);
    expect(await end).toBeUndefined();
    expect(reached).toEqual(['bert-v4', 'bert-v3']);
    await until('open watches', () => server.openWatches === 0);
  });

  it('ends at once when one has failed for good', async () => {
    const { server, start } = await waiting(READY, ['bert-v3', 'bert-v4']);
    putVersion(server, STATUS.building);
    server.store(VERSIONS_PATH).put('team-a/bert-v4', versionWith(STATUS.building, { name: 'bert-v4' }));
    const end = start();
    await until('open watches', () => server.openWatches === 2);
    putVersion(server, STATUS.failed);
    expect(await end).toMatchObject({ code: 'RegistryAuth', hint: 'see bert-v3' });
  });

  it('in vain says where it stood', async () => {
    const stop = new AbortController();
    const { server, start } = await waiting(READY, ['bert-v3'], stop.signal);
    putVersion(server, STATUS.queued);
    const end = start();
    await until('open watches', () => server.openWatches === 1);
    stop.abort(new StowageError('Timeout', 'waited 1 s'));
    await expect(end).rejects.toMatchObject({
      code: 'Timeout',
      message: 'waited 1 s\nmodelversion/bert-v3: Waiting in the queue, 3 before it',
    });
  });

  it('for a deletion ends with the object', async () => {
    const { server, reached, start } = await waiting('delete', ['bert-v3']);
    putVersion(server, STATUS.failed);
    const end = start();
    await until('open watches', () => server.openWatches === 1);
    server.store(VERSIONS_PATH).delete('team-a/bert-v3');
    expect(await end).toBeUndefined();
    expect(reached).toEqual(['bert-v3']);
  });

  it('for what is not there, or goes, is an error', async () => {
    const { server, start } = await waiting(READY, ['bert-v3']);
    await expect(start()).rejects.toMatchObject({ code: 'ObjectNotFound' });
    putVersion(server, STATUS.building);
    const end = start();
    const refused = expect(end).rejects.toMatchObject({ code: 'ObjectNotFound' });
    await until('open watches', () => server.openWatches === 1);
    server.store(VERSIONS_PATH).delete('team-a/bert-v3');
    await refused;
  });

  it('does not go on where it may not watch', async () => {
    const { server, start } = await waiting(READY, ['bert-v3']);
    putVersion(server, STATUS.building);
    server.fail('list', { kind: 'status', status: 403, reason: 'Forbidden' });
    await expect(start()).rejects.toMatchObject({ code: 'ClusterAuth' });
  });
});
