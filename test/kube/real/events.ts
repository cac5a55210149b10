import { expect, it } from 'vitest';
import { EVENTS } from '../../../src/kube/builtin.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { THINGS } from '../support/client.ts';
import { NAMESPACES } from './kinds.ts';
import type { Stage } from './stage.ts';

export function events(stage: () => Stage): void {
  const reporter = { controller: 'test.stowage.example/controller', instance: 'controller-0' };

  it('are written once and counted, as both APIs show', async () => {
    const { api, namespace } = await stage().start();
    const thing = await api.create(THINGS, { metadata: { namespace, name: 'one' } });
    const troubles: unknown[] = [];
    const recorder = new EventRecorder({ api, reporter, onTrouble: (error) => troubles.push(error) });
    const note = `it failed: ${'ä'.repeat(2000)}`;
    for (let turn = 0; turn < 5; turn++)
      recorder.record(thing, { type: 'Warning', reason: 'Failed', action: 'Trying', note });
    recorder.record(thing, { type: 'Normal', reason: 'Started', action: 'Trying', note: 'off we go' });
    await recorder.close(10_000);
    expect(troubles).toEqual([]);
    const written = (await api.list(EVENTS, { namespace })).items;
    expect(written.map(({ reason, series }) => [reason, series?.count]).sort()).toEqual([
      ['Failed', 5],
      ['Started', undefined],
    ]);
    const shown = await stage().kubectl(
      'get',
      'events',
      '-n',
      namespace,
      '--field-selector',
      'reason=Failed',
      '-o',
      'json',
    );
    expect((JSON.parse(shown) as { items: unknown[] }).items).toMatchObject([
      {
        kind: 'Event',
        apiVersion: 'v1',
        involvedObject: { name: 'one', uid: thing.metadata.uid },
        series: { count: 5 },
      },
    ]);
    expect(await stage().kubectl('describe', 'configmap', 'one', '-n', namespace)).toMatch(
      /Failed .* \(x5 over/,
    );
  });

  it('about cluster-scoped objects have a place', async () => {
    const { api, namespace } = await stage().start();
    const object = await api.get(NAMESPACES, { name: namespace });
    const troubles: unknown[] = [];
    const recorder = new EventRecorder({ api, reporter, onTrouble: (error) => troubles.push(error) });
    recorder.record(object, { type: 'Normal', reason: 'Seen', action: 'Looking', note: '' });
    await recorder.close(10_000);
    expect(troubles).toEqual([]);
    const { items } = await api.list(EVENTS, { namespace: 'default' });
    expect(items.filter(({ regarding }) => regarding.uid === object.metadata.uid)).toHaveLength(1);
  });
}
