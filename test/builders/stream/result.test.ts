import { describe, expect, it } from 'vitest';
import { streamBuilder } from '../../../src/builders/stream/stream.ts';
import { failureMessage, successMessage } from '../../../src/builders/in-pod/termination-message.ts';
import { StowageError } from '../../../src/errors.ts';
import type { ContainerState, Pod } from '../../../src/kube/core.ts';
import { report } from '../support.ts';

type Status = NonNullable<Pod['status']>;
type Terminated = NonNullable<ContainerState['terminated']>;

function pod(terminated: Terminated | undefined, status: Status = {}): Pod {
  const containerStatuses = terminated && [{ name: 'builder', state: { terminated } }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1' },
    spec: {},
    status: { phase: 'Failed', ...status, ...(containerStatuses === undefined ? {} : { containerStatuses }) },
  };
}

function errorOf(of: Pod): StowageError {
  const result = streamBuilder.result(of);
  if (result.ok) throw new Error('it is a success');
  return result.error;
}

const success = successMessage(report);
const cancelled = failureMessage(
  new StowageError('PodLost', 'interrupted by SIGTERM', {
    retryable: true,
    hint: 'Nothing is left behind.',
  }),
);
const disrupted = (reason: string): Status => ({
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message: 'words' }],
});

describe('a pod whose builder said what it did', () => {
  it.each<[string, Status]>([
    ['ended by itself', { phase: 'Succeeded' }],
    ['was ended right after', { phase: 'Failed', reason: 'DeadlineExceeded' }],
  ])('has that for a result: it %s', (_, status) => {
    const result = streamBuilder.result(pod({ exitCode: 0, reason: 'Completed', message: success }, status));
    expect(result).toMatchObject({ ok: true, summary: { digest: report.digest, bytes: report.bytes } });
  });

  it('has its error', () => {
    const message = failureMessage(new StowageError('TagExists', 'it is taken', { hint: 'take another' }));
    expect(errorOf(pod({ exitCode: 1, reason: 'Error', message }))).toMatchObject({
      code: 'TagExists',
      message: 'it is taken',
      hint: 'take another',
      retryable: false,
    });
  });
});

describe('what became of a pod', () => {
  const ENDS: readonly [string, Terminated | undefined, Status, string, RegExp][] = [
    ['no memory', { exitCode: 137, reason: 'OOMKilled', message: 'before\n' }, {}, 'OutOfMemory', /memory/],
    [
      'no memory for Node.js',
      { exitCode: 134, reason: 'Error', message: 'FATAL ERROR: … JavaScript heap out of memory' },
      {},
      'OutOfMemory',
      /memory/,
    ],
    [
      'evicted, never ran',
      undefined,
      { reason: 'Evicted', message: 'disk pressure' },
      'Evicted',
      /disk pressure/,
    ],
    ['evicted, said so', { exitCode: 1, message: cancelled }, { reason: 'Evicted' }, 'Evicted', /evicted/],
    ['too long', { exitCode: 1, message: cancelled }, { reason: 'DeadlineExceeded' }, 'Timeout', /longer/],
    [
      'too long, killed',
      { exitCode: 137, reason: 'Error' },
      { reason: 'DeadlineExceeded' },
      'Timeout',
      /longer/,
    ],
    ['told to end', { exitCode: 1, message: cancelled }, {}, 'PodLost', /SIGTERM/],
    ['node lost', undefined, { reason: 'NodeLost' }, 'NodeLost', /lost/],
    [
      'node shut down',
      { exitCode: 137 },
      { reason: 'Terminated', message: 'node shutdown' },
      'Evicted',
      /shut down/,
    ],
    ['node shut down, of old', undefined, { reason: 'Shutdown' }, 'Evicted', /shut down/],
    ['preempted', { exitCode: 137 }, disrupted('PreemptionByScheduler'), 'Evicted', /evicted.*: words/],
    ['drained', { exitCode: 1, message: cancelled }, disrupted('EvictionByEvictionAPI'), 'Evicted', /words/],
    ['node gone', undefined, disrupted('DeletionByPodGC'), 'NodeLost', /lost/],
    ['node tainted', { exitCode: 137 }, disrupted('DeletionByTaintManager'), 'NodeLost', /lost/],
    [
      'no room on the node',
      undefined,
      { reason: 'OutOfcpu', message: 'Node did not have…' },
      'Unschedulable',
      /did not take/,
    ],
    ['not tolerated', undefined, { reason: 'TaintToleration' }, 'Unschedulable', /did not take/],
    ['container vanished', { exitCode: 137, reason: 'ContainerStatusUnknown' }, {}, 'PodLost', /vanished/],
    ['killed', { exitCode: 137, reason: 'Error' }, {}, 'BuilderFailed', /exit code 137/],
    [
      'another program',
      { exitCode: 2, reason: 'Error', message: 'usage:\nfoo' },
      {},
      'BuilderFailed',
      /: usage: foo$/,
    ],
    [
      'could not start',
      { exitCode: 128, reason: 'StartError', message: 'exec: no such file' },
      {},
      'BuilderFailed',
      /StartError/,
    ],
    ['a signal', { exitCode: 0, signal: 9 }, {}, 'BuilderFailed', /signal 9/],
    [
      'success without a word',
      { exitCode: 0, reason: 'Completed' },
      { phase: 'Succeeded' },
      'BuilderFailed',
      /exit code 0\)$/,
    ],
    [
      'success with nonsense',
      { exitCode: 0, message: '{"summary":{}}' },
      { phase: 'Succeeded' },
      'BuilderFailed',
      /summary/,
    ],
    [
      'success with an error',
      { exitCode: 0, message: cancelled },
      { phase: 'Succeeded' },
      'BuilderFailed',
      /PodLost/,
    ],
    ['failure with a summary', { exitCode: 1, message: success }, {}, 'BuilderFailed', /exit code 1/],
    ['no container, no reason', undefined, {}, 'BuilderFailed', /before its container ran$/],
    [
      'no container, a new reason',
      undefined,
      { reason: 'Weird', message: 'a\nb' },
      'BuilderFailed',
      /\(Weird: a b\)/,
    ],
    ['a reason of every object', undefined, { reason: 'constructor' }, 'BuilderFailed', /constructor/],
  ];
  it.each(ENDS)('%s', (...[, terminated, status, code, message]) => {
    const error = errorOf(pod(terminated, status));
    expect(error).toMatchObject({ code, retryable: true });
    expect(error.message).toMatch(message);
  });

  it('is told with the end of its log, in one line, short, without secrets', () => {
    const log = `first\n${'x '.repeat(2500)}\nhttps://ann:pw@r.example.com\u001b[31m refused\nlast\n`;
    const { message } = errorOf(pod({ exitCode: 3, reason: 'Error', message: log }));
    expect(message.length).toBeLessThan(1100);
    expect(message).toMatch(/: … x [x ]+ https:\/\/r\.example\.com \[31m refused last$/);
  });

  it('shows no half of a word, which may be half of a URL with a password', () => {
    const log = `https://ann:${'p'.repeat(2000)}@r.example.com refused`;
    expect(errorOf(pod({ exitCode: 3, message: log })).message).toMatch(
      /: https:\/\/r\.example\.com refused$/,
    );
    expect(errorOf(pod({ exitCode: 3, message: log.slice(500) })).message).toMatch(/: … refused$/);
  });

  it('ignores a disruption that is over', () => {
    const conditions = [
      { type: 'DisruptionTarget', status: 'False', reason: 'PreemptionByScheduler' },
    ] as const;
    expect(errorOf(pod({ exitCode: 3 }, { conditions })).code).toBe('BuilderFailed');
  });
});
