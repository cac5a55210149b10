import { describe, expect, it } from 'vitest';
import { podView } from '../../src/cluster/builder-pod.ts';
import { recent } from '../../src/cluster/events.ts';
import { listKept } from '../../src/cluster/objects.ts';
import { viewVersion } from '../../src/cluster/view.ts';
import type { ContainerState, CoreEvent, Pod } from '../../src/kube/core.ts';
import { KEY, never, putVersion, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { POD, STATUS, versionWith } from './support/versions.ts';

const meta = { name: POD, namespace: 'team-a', uid: 'uid-9', resourceVersion: '1' };

function pod(status: Pod['status'], metadata = {}): Pod {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { ...meta, ...metadata } },
    spec: { nodeName: 'worker-7' },
    ...(status === undefined ? {} : { status }),
  };
}

function withState(state: ContainerState): Pod {
  return pod({ phase: 'Pending', containerStatuses: [{ name: 'builder', state }] });
}

describe('a builder pod', () => {
  it.each([
    [
      withState({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }),
      'Pending',
      'ImagePullBackOff, no such image',
    ],
    [withState({ waiting: { reason: 'ContainerCreating' } }), 'Pending', 'ContainerCreating'],
    [
      withState({ running: { startedAt: '2026-03-01T12:00:00Z' } }),
      'Pending',
      'running since 2026-03-01T12:00:00Z',
    ],
    [
      withState({ terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      'Pending',
      'OOMKilled, exit code 137',
    ],
    [
      pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }),
      'Failed',
      'Evicted, low on memory',
    ],
    [
      pod({
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
      }),
      'Pending',
      '0/3 nodes are available',
    ],
    [pod({ phase: 'Running' }, { deletionTimestamp: '2026-03-01T12:00:00Z' }), 'Terminating', undefined],
    [pod(undefined), 'Pending', undefined],
  ])('says why it does not run', (object, phase, state) => {
    expect(podView(object)).toMatchObject({ name: POD, node: 'worker-7', phase, state });
  });
});

describe('events', () => {
  const event = (more: Partial<CoreEvent>): CoreEvent => ({
    ...{ apiVersion: 'v1', kind: 'Event', metadata: meta, type: 'Normal', reason: 'Building', message: 'm' },
    ...more,
  });

  it('of both API groups come in the order of their last time, the last ten', () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      event({
        reason: `R${index}`,
        lastTimestamp: `2026-03-01T12:00:${String(index).padStart(2, '0')}Z`,
        count: index,
      }),
    );
    const series = event({
      reason: 'First',
      eventTime: '2026-03-01T10:00:00.000000Z',
      series: { count: 7, lastObservedTime: '2026-03-01T13:00:00.000000Z' },
    });
    const shown = recent([series, ...many.reverse()]);
    expect(shown.map(({ reason }) => reason)).toEqual([
      'R3',
      'R4',
      'R5',
      'R6',
      'R7',
      'R8',
      'R9',
      'R10',
      'R11',
      'First',
    ]);
    expect(shown.at(-1)).toMatchObject({ count: 7 });
    expect(recent([event({})])).toMatchObject([{ count: 1, last: undefined }]);
  });
});

describe('the view of a version', () => {
  it('has its pod and its own events', async () => {
    const { server, remote } = await remoteServer();
    putVersion(server, STATUS.building);
    const { uid = '' } = server.store(VERSIONS_PATH).get('team-a/bert-v3')?.metadata ?? {};
    const events = server.store('/api/v1/events');
    events.put('team-a/e1', { reason: 'Mine', involvedObject: { uid } });
    events.put('team-a/e2', { reason: 'Another', involvedObject: { uid: 'other' } });
    server
      .store('/api/v1/pods')
      .put(`team-a/${POD}`, withState({ waiting: { reason: 'ContainerCreating' } }));
    const view = await viewVersion(remote, KEY, never);
    expect(view?.pod).toMatchObject({ state: 'ContainerCreating' });
    expect(view?.events?.map(({ reason }) => reason)).toEqual(['Mine']);
  });

  it('is there where neither pod nor events may be read, and where the pod is gone', async () => {
    const { server, remote } = await remoteServer();
    putVersion(server, STATUS.building);
    expect(await viewVersion(remote, KEY, never)).toMatchObject({ pod: { phase: 'gone' }, events: [] });
    server.fail('list', { kind: 'status', status: 403, reason: 'Forbidden' });
    expect(await viewVersion(remote, KEY, never)).toMatchObject({ events: undefined });
  });
});

describe('a list', () => {
  it('is read page by page, without managed fields', async () => {
    const { server, remote } = await remoteServer();
    for (let index = 0; index < 1100; index += 1)
      server.store(VERSIONS_PATH).put(`team-a/v${index}`, versionWith(STATUS.ready, { name: `v${index}` }));
    const found = await listKept(remote, 'modelversions', 'team-a', never);
    expect(found).toHaveLength(1100);
    expect(server.count('list')).toBe(3);
    expect(found[0]?.metadata).not.toHaveProperty('managedFields');
    expect(await listKept(remote, 'modelversions', 'team-b', never)).toEqual([]);
  });
});
