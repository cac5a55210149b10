import { describe, expect, it } from 'vitest';
import { ModelVersionStatus } from '../../src/api/status.ts';
import { building, failed, isReady, ready } from '../../src/builders/status.ts';
import { StowageError } from '../../src/errors.ts';
import type { Report } from '../../src/pack/report.ts';

const at = (second: number): { now: Date; generation: number } => ({
  now: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
  generation: 2,
});
const digest = `sha256:${'a'.repeat(64)}` as const;
const report: Report = {
  image: `registry.example.com/bert:v3@${digest}`,
  digest,
  size: 10,
  layers: [],
  bytes: { source: 8, read: 8, sent: 10, reused: 0 },
  seconds: 1,
  model: { format: 'safetensors' },
  warnings: [],
};

const conditionsOf = (status: ModelVersionStatus): Record<string, string> =>
  Object.fromEntries((status.conditions ?? []).map((each) => [each.type, `${each.status} ${each.reason}`]));

describe('the status of a ModelVersion', () => {
  const started = building({}, { tag: 'v3' }, at(0));

  it('says that it is being built', () => {
    expect(started).toMatchObject({
      imageBuildPhase: 'ImageBuilding',
      imageTag: 'v3',
      attempts: 1,
      observedGeneration: 2,
    });
    expect(conditionsOf(started)).toEqual({
      Ready: 'False Building',
      Reconciling: 'True Building',
      Stalled: 'False Building',
    });
  });

  it("has KubeDL's fields and ours when it is ready", () => {
    const status = ready(started, report, at(5));
    expect(status).toMatchObject({
      image: report.image,
      digest,
      size: 10,
      imageBuildPhase: 'ImageBuildSucceeded',
      finishTime: '2026-01-01T00:00:05Z',
      bytes: report.bytes,
      model: { format: 'safetensors' },
    });
    expect(conditionsOf(status)).toEqual({
      Ready: 'True Succeeded',
      Reconciling: 'False Succeeded',
      Stalled: 'False Succeeded',
      Pushed: 'True Succeeded',
    });
    expect(isReady(status)).toBe(true);
  });

  it.each([
    [true, 'False'],
    [false, 'True'],
  ])('is stalled unless trying again can help: retryable %s', (retryable, stalled) => {
    const error = new StowageError('RegistryUnreachable', 'no answer', { retryable, hint: 'Wait.' });
    const status = failed(started, error, at(5));
    expect(status).toMatchObject({ imageBuildPhase: 'ImageBuildFailed', message: 'no answer. Wait.' });
    expect(conditionsOf(status)).toEqual({
      Ready: 'False RegistryUnreachable',
      Reconciling: 'False RegistryUnreachable',
      Stalled: `${stalled} RegistryUnreachable`,
    });
    expect(isReady(status)).toBe(false);
  });

  it('forgets the outcome of the attempt before when it begins anew, and counts', () => {
    const again = building(failed(started, new StowageError('Timeout', 'slow'), at(5)), { tag: 'v3' }, at(9));
    expect(again).toMatchObject({ attempts: 2, imageBuildPhase: 'ImageBuilding' });
    expect(again).not.toHaveProperty('message');
    expect(again).not.toHaveProperty('finishTime');
  });

  it('moves the time of a condition only when its status changes', () => {
    const times = (status: ModelVersionStatus): unknown =>
      Object.fromEntries((status.conditions ?? []).map((each) => [each.type, each.lastTransitionTime]));
    expect(times(ready(started, report, at(5)))).toEqual({
      Ready: '2026-01-01T00:00:05Z',
      Reconciling: '2026-01-01T00:00:05Z',
      Stalled: '2026-01-01T00:00:00Z',
      Pushed: '2026-01-01T00:00:05Z',
    });
  });

  it('keeps conditions that others have set', () => {
    const foreign = {
      type: 'Signed',
      status: 'True',
      reason: 'Done',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    } as const;
    expect(ready({ conditions: [foreign] }, report, at(5)).conditions).toContainEqual(foreign);
  });

  it('is what the schema of the API allows', () => {
    for (const status of [
      started,
      ready(started, report, at(1)),
      failed(started, new StowageError('Timeout', 'slow'), at(1)),
    ]) {
      expect(() => ModelVersionStatus.parse(status)).not.toThrow();
    }
  });
});
