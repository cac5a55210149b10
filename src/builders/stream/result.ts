import { StowageError } from '../../errors.ts';
import type { ContainerState, Pod } from '../../kube/core.ts';
import type { BuildResult } from '../builder.ts';
import { podEnd } from './pod-end.ts';
import { readMessage } from './read-message.ts';
import { headOf, tailOf } from './words.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

/**
 * What became of a build, from its ended pod. A builder that says what it did is believed first: it may have finished
 * just before its pod was ended. Then comes why the pod was ended, then what else the builder said: one that is being
 * ended only says that it was told to.
 */
export function result(pod: Pod): BuildResult {
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  if (ended === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const said = readMessage(ended.message ?? '');
  if (said?.ok === true && ended.exitCode === 0) return said;
  return { ok: false, error: podEnd(pod) ?? containerEnd(ended, said) };
}

function containerEnd(ended: Terminated, said: BuildResult | undefined): StowageError {
  const { exitCode, reason, message = '' } = ended;
  if (said?.ok === false && exitCode !== 0) return said.error;
  // Node.js has a limit of its own below that of the container, and ends with 134 at it.
  const heapFull = exitCode === 134 && message.includes('heap out of memory');
  if (reason === 'OOMKilled' || heapFull) return outOfMemory();
  if (reason === 'ContainerStatusUnknown') return vanished(message);
  return withoutResult(ended);
}

function outOfMemory(): StowageError {
  return new StowageError('OutOfMemory', 'the builder was killed for want of memory', {
    hint: 'Raise memory in builder.limits in the settings of the controller; how large the model is makes no difference.',
    retryable: true,
  });
}

/** The kubelet's words where it was restarted meanwhile, or the container is gone from the node. */
function vanished(message: string): StowageError {
  const what = message === '' ? '' : `: ${tailOf(message)}`;
  return new StowageError('PodLost', `the container of the builder vanished from its node${what}`, {
    retryable: true,
  });
}

function withoutResult({ exitCode, signal, reason = '', message = '' }: Terminated): StowageError {
  const how = signal === undefined || signal === 0 ? `exit code ${exitCode}` : `signal ${signal}`;
  const why = reason === '' || reason === 'Error' || reason === 'Completed' ? '' : `, ${headOf(reason)}`;
  const log = tailOf(message);
  return new StowageError(
    'BuilderFailed',
    `the builder ended without a result (${how}${why})${log === '' ? '' : `: ${log}`}`,
    {
      hint: 'Is builder.image in the settings of the controller an image of Stowage, of the same version?',
      retryable: true,
    },
  );
}

function neverRan({ status }: Pod): StowageError {
  const reason = headOf([status?.reason, status?.message].filter(Boolean).join(': '));
  return new StowageError(
    'BuilderFailed',
    `the builder pod ended before its container ran${reason === '' ? '' : ` (${reason})`}`,
    { retryable: true },
  );
}
