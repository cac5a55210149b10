import { describe, expect, it } from 'vitest';
import { courseOf } from '../../src/cluster/course.ts';
import { versionOf } from '../../src/cluster/objects.ts';
import { verdict } from '../../src/cluster/verdict.ts';
import { NOW, STATUS, versionWith } from './support/versions.ts';

function lineOf(...version: Parameters<typeof versionWith>): string {
  return verdict(courseOf(versionOf(versionWith(...version))), NOW);
}

describe('the verdict about a version', () => {
  it.each([
    ['nobody has looked at', undefined, 'Not looked at yet; is the controller running?'],
    ['queued', STATUS.queued, 'Waiting in the queue, 3 before it'],
    ['next', { ...STATUS.queued, queuePosition: 0 }, 'Waiting in the queue, next'],
    ['started', STATUS.started, 'Building'],
    ['scheduling', STATUS.scheduling, 'Waiting: Unschedulable, no node takes the builder pod'],
    ['building', STATUS.building, 'Building 43 %  1.2 GiB/s  2 min left'],
    [
      'building something empty',
      { ...STATUS.building, progress: { bytes: 0, total: 0, eta: 0 } },
      'Building 0 %',
    ],
    [
      'not ready as long as it builds',
      { ...STATUS.building, progress: { bytes: 9, total: 9 } },
      'Building 99 %',
    ],
    ['suspended', STATUS.suspended, 'Suspended: spec.suspend is true'],
    ['ready', STATUS.ready, 'Ready'],
    [
      'failed',
      STATUS.failed,
      'Failed: RegistryAuth, the registry does not accept the credentials. Check the Secret regcred.',
    ],
    [
      'refused, without the policy to apply',
      STATUS.refused,
      'Failed: PolicyDenied, namespace "team-a" may not read "/data"',
    ],
    ["KubeDL's, built", { imageBuildPhase: 'ImageBuildSucceeded', image: 'x:y' }, 'Ready'],
    [
      "KubeDL's, failed",
      { imageBuildPhase: 'ImageBuildFailed', message: 'exit code 1' },
      'Failed: BuilderFailed, exit code 1',
    ],
    [
      "KubeDL's, building",
      { imageBuildPhase: 'ImageBuilding' },
      'Not looked at yet; is the controller running?',
    ],
  ] as const)('that is %s', (_, status, line) => {
    expect(lineOf(status)).toBe(line);
  });

  it('says when the next attempt begins, and why there is one', () => {
    expect(lineOf(STATUS.retrying)).toMatch(/^Retry in 40 s: RegistryAuth, .*attempt 1 of 5/);
    expect(lineOf({ ...STATUS.retrying, retryTime: '2026-03-01T11:00:00Z' })).toMatch(/^Retry now: /);
  });

  it('does not believe what is said of an older spec', () => {
    expect(lineOf(STATUS.suspended, { generation: 2 })).toMatch(/^Not looked at yet/);
    expect(lineOf(STATUS.failed, { generation: 2 })).toMatch(/^Not looked at yet/);
  });

  it('says what holds a deletion up', () => {
    const deletionTimestamp = '2026-03-01T12:00:00Z';
    expect(lineOf(STATUS.ready, { deletionTimestamp })).toBe('Being deleted');
    expect(lineOf(STATUS.ready, { deletionTimestamp, finalizers: ['a/b'] })).toBe(
      'Being deleted, held up by a/b',
    );
  });
});
