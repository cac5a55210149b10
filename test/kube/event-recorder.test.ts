import { describe, expect, it } from 'vitest';
import type { StowageError } from '../../src/errors.ts';
import type { KubeEvent } from '../../src/kube/builtin.ts';
import { eventDraft, type Happening } from '../../src/kube/event-draft.ts';
import { EventRecorder } from '../../src/kube/event-recorder.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { clientOf } from './support/client.ts';
import { faultApiServer, plainCluster, type FaultApiServer } from './support/fault-api-server.ts';
import { ManualClock } from './support/manual-clock.ts';
import { until } from './support/until.ts';

const REPORTER = { controller: 'stowage.example.com/controller', instance: 'controller-0' };
const FAILED: Happening = {
  type: 'Warning',
  reason: 'Timeout',
  action: 'Building',
  note: 'it took too long',
};

function object(name: string, namespace?: string): KubeObject {
  const scope = namespace === undefined ? {} : { namespace };
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, ...scope, uid: `uid of ${name}`, resourceVersion: '5' },
  };
}

interface Scene {
  readonly server: FaultApiServer;
  readonly clock: ManualClock;
  readonly recorder: EventRecorder;
  readonly troubles: StowageError[];
  readonly events: () => KubeEvent[];
}

async function scene(): Promise<Scene> {
  const server = await faultApiServer();
  const clock = new ManualClock();
  const troubles: StowageError[] = [];
  const onTrouble = (error: StowageError): void => void troubles.push(error);
  const recorder = new EventRecorder({
    api: clientOf(plainCluster(server.url)),
    reporter: REPORTER,
    onTrouble,
    clock,
  });
  const events = (): KubeEvent[] => server.store('/apis/events.k8s.io/v1/events').all() as KubeEvent[];
  return { server, clock, recorder, troubles, events };
}

describe('EventRecorder', () => {
  it('writes an event', async () => {
    const { recorder, events } = await scene();
    recorder.record(object('bert', 'team-a'), FAILED);
    await until('it is there', () => events().length === 1);
    expect(events()[0]).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      ...FAILED,
      metadata: { namespace: 'team-a', name: expect.stringMatching(/^bert\.[0-9a-f]{16}$/) as string },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'stowage.example.com/controller',
      reportingInstance: 'controller-0',
      regarding: {
        kind: 'Thing',
        name: 'bert',
        namespace: 'team-a',
        uid: 'uid of bert',
        resourceVersion: '5',
      },
    });
  });

  it('counts what happens again, and writes the count once a minute', async () => {
    const { server, clock, recorder, events } = await scene();
    const bert = object('bert', 'team-a');
    for (let second = 0; second < 30; second++) {
      recorder.record(bert, FAILED);
      await clock.advance(1000);
    }
    await until('it is there', () => events().length === 1);
    expect(server.count('patch')).toBe(0);
    await clock.advance(30_000);
    await until('the count is there', () => server.count('patch') === 1);
    expect(events()[0]?.series).toEqual({ count: 30, lastObservedTime: '2026-01-01T00:00:29.000000Z' });
    recorder.record(bert, FAILED);
    await recorder.close(1000);
    expect(events().map(({ series }) => series?.count)).toEqual([31]);
  });

  it('begins anew after a while, and when the server has forgotten', async () => {
    const { server, clock, recorder, events } = await scene();
    const bert = object('bert', 'team-a');
    recorder.record(bert, FAILED);
    await until('it is there', () => events().length === 1);
    await clock.advance(601_000);
    recorder.record(bert, FAILED);
    await until('there are two', () => events().length === 2);
    for (const { metadata } of events())
      server.store('/apis/events.k8s.io/v1/events').delete(`team-a/${metadata.name}`);
    recorder.record(bert, FAILED);
    await clock.advance(60_000);
    await until('the count was refused', () => server.count('patch') === 1);
    await until('it began anew', () => {
      recorder.record(bert, FAILED);
      return events().length === 1;
    });
  });

  it('keeps apart what differs, and lets no object flood the others', async () => {
    const { clock, recorder, events } = await scene();
    const notes = Array.from({ length: 40 }, (_, index) => `note ${index}`);
    for (const note of notes) recorder.record(object('loud', 'team-a'), { ...FAILED, note });
    recorder.record(object('quiet', 'team-b'), FAILED);
    await until('the last is there', () => events().some(({ metadata }) => metadata.namespace === 'team-b'));
    expect(events()).toHaveLength(26);
    await clock.advance(300_000);
    recorder.record(object('loud', 'team-a'), { ...FAILED, note: 'later' });
    await until('there is room for one more', () => events().length === 27);
  });

  it('tries again what can succeed, and gives up what cannot, without a word to the caller', async () => {
    const { server, clock, recorder, troubles, events } = await scene();
    server.fail('create', { kind: 'status', status: 503 }, { kind: 'reset' });
    recorder.record(object('one', 'a'), FAILED);
    await until('it waits', () => server.count('create') === 1 && clock.waiting > 0);
    await clock.advance(1000);
    await until('it waits again', () => server.count('create') === 2 && clock.waiting > 0);
    await clock.advance(2000);
    await until('it is there', () => events().length === 1);
    server.fail('create', { kind: 'status', status: 403, reason: 'Forbidden' });
    recorder.record(object('two', 'a'), FAILED);
    recorder.record(object('three', 'a'), FAILED);
    await until('the third is there', () => events().length === 2);
    expect(troubles).toMatchObject([{ code: 'ClusterAuth' }]);
  });

  it('drops the oldest when too many wait, and ends in time when the server does not answer', async () => {
    const { server, clock, recorder, troubles } = await scene();
    server.fail('create', { kind: 'stall' });
    for (let index = 0; index < 600; index++) recorder.record(object(`o${index}`, 'a'), FAILED);
    expect(troubles).toHaveLength(99);
    await until('the first was sent', () => server.count('create') === 1);
    const closing = recorder.close(5000);
    await clock.advance(5000);
    await closing;
    recorder.record(object('late', 'a'), FAILED);
    expect(server.count('create')).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});

describe('eventDraft', () => {
  const draft = (
    name: string,
    happening: Partial<Happening> = {},
    namespace?: string,
  ): ReturnType<typeof eventDraft> =>
    eventDraft(
      object(name, namespace),
      { ...FAILED, ...happening },
      { ...REPORTER, instance: 'i'.repeat(200) },
      {
        date: new Date(0),
        suffix: 'abc',
      },
    );

  it('puts events about cluster-scoped objects where servers accept them', () => {
    expect(draft('node-1').metadata).toEqual({ name: 'node-1.abc', namespace: 'default' });
  });

  it.each([
    ['x'.repeat(300), `${'x'.repeat(249)}.abc`],
    [`${'x'.repeat(247)}.-y`, `${'x'.repeat(247)}.abc`],
  ])('keeps to the limit of names', (name, expected) => {
    expect(draft(name).metadata.name).toBe(expected);
  });

  it('keeps to the limits of texts, in bytes and in one line', () => {
    const { note, reason, action, reportingInstance } = draft('x', {
      note: `line 1\n\tline 2 ${'ä'.repeat(1000)}`,
      reason: 'R'.repeat(200),
      action: 'A'.repeat(200),
    });
    const bytes = [note, reason, action, reportingInstance].map((text) => Buffer.byteLength(text));
    expect(bytes.map((size, index) => size <= (index === 0 ? 1024 : 128))).toEqual([true, true, true, true]);
    expect(note).toMatch(/^line 1 line 2 ä+…$/);
    expect(draft('x', { note: 'short' }).note).toBe('short');
  });
});
