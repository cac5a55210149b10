import { StowageError } from '../errors.ts';
import type { ContainerState, Pod } from '../kube/core.ts';
import { headOf, tailOf } from './words.ts';

/** A container that has ended. */
export type Terminated = NonNullable<ContainerState['terminated']>;

/** What only the builder's own file can say of its container. */
export interface EndWords {
  /** What it takes to give it more memory. */
  readonly memoryHint: string;
  /** What may be wrong with a container that ended without a result. */
  readonly resultHint: string;
}

/**
 * Why a container ended that did not say so itself.
 * @param words of the builder
 */
export function containerEnd(ended: Terminated, { memoryHint, resultHint }: EndWords): StowageError {
  const { exitCode, reason, message = '' } = ended;
  // Node.js has a limit of its own below that of the container, and ends with 134 at it.
  const heapFull = exitCode === 134 && message.includes('heap out of memory');
  if (reason === 'OOMKilled' || heapFull)
    return new StowageError('OutOfMemory', 'the builder was killed for want of memory', {
      hint: memoryHint,
      retryable: true,
    });
  if (reason === 'ContainerStatusUnknown') return vanished(message);
  return withoutResult(ended, resultHint);
}

/** The kubelet's words where it was restarted meanwhile, or the container is gone from the node. */
function vanished(message: string): StowageError {
  const what = message === '' ? '' : `: ${tailOf(message)}`;
  return new StowageError('PodLost', `the container of the builder vanished from its node${what}`, {
    retryable: true,
  });
}

function withoutResult(
  { exitCode, signal, reason = '', message = '' }: Terminated,
  hint: string,
): StowageError {
  const how = signal === undefined || signal === 0 ? `exit code ${exitCode}` : `signal ${signal}`;
  const why = reason === '' || reason === 'Error' || reason === 'Completed' ? '' : `, ${headOf(reason)}`;
  const log = tailOf(message);
  return new StowageError(
    'BuilderFailed',
    `the builder ended without a result (${how}${why})${log === '' ? '' : `: ${log}`}`,
    { hint, retryable: true },
  );
}

/** Of a pod that has ended while its container had not begun. */
export function neverRan({ status }: Pod): StowageError {
  const reason = headOf([status?.reason, status?.message].filter(Boolean).join(': '));
  return new StowageError(
    'BuilderFailed',
    `the builder pod ended before its container ran${reason === '' ? '' : ` (${reason})`}`,
    { retryable: true },
  );
}
