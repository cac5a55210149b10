import { describe, expect, it } from 'vitest';
import { builders } from '../../../src/builders/builders.ts';
import { checkedMessage, failureMessage } from '../../../src/builders/in-pod/termination-message.ts';
import { StowageError } from '../../../src/errors.ts';
import type { ContainerState, Pod } from '../../../src/kube/core.ts';
import { TASK } from '../task.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

const CHECKED = checkedMessage({ image: TASK.to, bytes: 3, model: {} });
const DIGEST = `sha256:${'b'.repeat(64)}`;
const BROKEN =
  'time="…" level=info msg="Pushing image to r:1"\nerror pushing image: failed to push to destination r:1: Head "http://r/v2/": dial tcp 10.0.0.1:5000: connect: connection refused\n';

function pod(check: Terminated, kaniko?: Terminated, status: Pod['status'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1' },
    spec: {},
    status: {
      ...{ phase: 'Failed', ...status },
      initContainerStatuses: [{ name: 'check', state: { terminated: check } }],
      containerStatuses: [{ name: 'builder', state: kaniko === undefined ? {} : { terminated: kaniko } }],
    },
  };
}

const checked = { exitCode: 0, message: CHECKED };
const unpushed = { exitCode: 1, reason: 'Error', message: DIGEST };

describe('what became of a pod with Kaniko', () => {
  it('is what the check before it says, if that fails', () => {
    const message = failureMessage(new StowageError('TagExists', 'it is taken', { hint: 'take another' }));
    expect(builders.kaniko.result(pod({ exitCode: 1, message }))).toMatchObject({
      ok: false,
      error: { code: 'TagExists', message: 'it is taken', hint: 'take another' },
    });
  });

  it.each<[string, Terminated, string]>([
    ['is killed', { exitCode: 137, reason: 'OOMKilled' }, 'builder.limits'],
    ['is another image', { exitCode: 0, message: 'hello' }, 'builder.image'],
    ['says what it cannot know', { exitCode: 1, message: CHECKED }, 'builder.image'],
  ])('is about our own image, if the check %s', (_, check, hint) => {
    const found = builders.kaniko.result(pod(check));
    expect(found.ok ? '' : found.error.hint).toContain(hint);
  });

  it('took as long as both containers', () => {
    const made = pod(
      { ...checked, startedAt: '2026-03-01T12:00:00Z' },
      { exitCode: 0, message: DIGEST, finishedAt: '2026-03-01T12:01:30Z' },
    );
    expect(builders.kaniko.result(made)).toMatchObject({ summary: { seconds: 90 } });
  });

  it('stands in the log where the digest was written and the push failed', () => {
    const made = pod(checked, unpushed);
    expect(builders.kaniko.result(made)).toMatchObject({ ok: false, unclear: true });
    expect(builders.kaniko.result(made, BROKEN)).toMatchObject({
      ok: false,
      error: { code: 'RegistryUnreachable', retryable: true },
    });
    expect(builders.kaniko.result(made, '')).toMatchObject({ ok: false, error: { code: 'BuilderFailed' } });
    expect(builders.kaniko.result(made, '')).not.toHaveProperty('unclear');
  });

  it.each<[string, Terminated, Pod['status'], string]>([
    ['evicted while it pushed', unpushed, { reason: 'Evicted' }, 'Evicted'],
    ['killed while it pushed', { ...unpushed, exitCode: 137, reason: 'OOMKilled' }, {}, 'OutOfMemory'],
  ])('is clear without the log: %s', (_, kaniko, status, code) => {
    const found = builders.kaniko.result(pod(checked, kaniko, status));
    expect(found).toMatchObject({ ok: false, error: { code } });
    expect(found).not.toHaveProperty('unclear');
  });
});
