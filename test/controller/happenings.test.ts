import { describe, expect, it } from 'vitest';
import { happeningOf } from '../../src/controller/happenings.ts';
import { ago, version } from './support.ts';

const said = (reason: string, attempts: number, message = 'so it is') =>
  version({
    status: {
      attempts,
      conditions: [{ type: 'Ready', status: 'False', reason, message, lastTransitionTime: ago(1) }],
    },
  });

describe('an event is told', () => {
  it.each([
    ['when a build begins', version(), said('Building', 1), 'Normal Building'],
    ['when it fails', said('Building', 1), said('RegistryAuth', 1), 'Warning RegistryAuth'],
    ['when it waits', version(), said('Queued', 0), 'Normal Queued'],
    ['when the same fails again', said('PodLost', 1), said('PodLost', 2), 'Warning PodLost'],
    ['not while nothing but the words change', said('Building', 1), said('Building', 1, 'x'), undefined],
    ['not where nothing is known', version(), version({ status: {} }), undefined],
  ])('%s', (_, before, after, event) => {
    const happening = happeningOf(before, after);
    expect(happening && `${happening.type} ${happening.reason}`).toBe(event);
  });

  it('with the words of the condition', () => {
    expect(happeningOf(version(), said('Building', 1))).toMatchObject({ action: 'Build', note: 'so it is' });
  });
});
