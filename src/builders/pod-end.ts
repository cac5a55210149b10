import { StowageError, type ErrorCode } from '../errors.ts';
import type { NodeCondition, Pod } from '../kube/core.ts';
import { headOf } from './words.ts';

/** Why a pod was ended, in the words of who ended it, and what it means. */
interface Ending {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint?: string;
}

const EVICTED: Ending = {
  code: 'Evicted',
  what: 'the builder pod was evicted from its node',
  hint: 'Pods are evicted where memory or disk runs short, and for others of higher priority: builder.priorityClassName in the settings of the controller gives builders one. Kaniko takes twice the model of disk: spec.sizeHint has it run where that is.',
};
const SHUT_DOWN: Ending = { code: 'Evicted', what: 'the node of the builder pod was shut down' };
const NODE_LOST: Ending = { code: 'NodeLost', what: 'the node of the builder pod is lost' };
const REFUSED: Ending = { code: 'Unschedulable', what: 'the node of the model did not take the builder pod' };
const TOO_LONG: Ending = {
  code: 'Timeout',
  what: 'the build took longer than it may',
  hint: 'deadlines.build in the settings of the controller, and limits.buildSeconds of the StoragePolicy, say how long. The builder stream does not send again what has arrived.',
};

/** `status.reason` of pods that the kubelet or the control plane has ended. */
const BY_REASON: Readonly<Record<string, Ending>> = {
  DeadlineExceeded: TOO_LONG,
  Evicted: EVICTED,
  Preempting: EVICTED,
  NodeLost: NODE_LOST,
  NodeShutdown: SHUT_DOWN,
  Shutdown: SHUT_DOWN,
  Terminated: SHUT_DOWN,
  NodeAffinity: REFUSED,
  NodeName: REFUSED,
  NodePorts: REFUSED,
  TaintToleration: REFUSED,
  UnexpectedAdmissionError: REFUSED,
};

/** Reasons of the condition DisruptionTarget (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/). */
const BY_DISRUPTION: Readonly<Record<string, Ending>> = {
  PreemptionByScheduler: EVICTED,
  DeletionByTaintManager: NODE_LOST,
  EvictionByEvictionAPI: EVICTED,
  DeletionByPodGC: NODE_LOST,
  TerminationByKubelet: EVICTED,
};

/** Why somebody other than the builder ended its pod; undefined: nobody did. */
export function podEnd(pod: Pod): StowageError | undefined {
  return byReason(pod) ?? byDisruption(pod);
}

function byReason({ status }: Pod): StowageError | undefined {
  const { reason = '', message } = status ?? {};
  // The kubelet names what it lacks: OutOfcpu, OutOfmemory, OutOfpods.
  const ending = lookup(BY_REASON, reason) ?? (/^OutOf[a-z]/.test(reason) ? REFUSED : undefined);
  return ending && errorOf(ending, message);
}

function byDisruption({ status }: Pod): StowageError | undefined {
  const { reason = '', message } = status?.conditions?.find(isDisruption) ?? {};
  const ending = lookup(BY_DISRUPTION, reason);
  return ending && errorOf(ending, message);
}

function isDisruption({ type, status }: NodeCondition): boolean {
  return type === 'DisruptionTarget' && status === 'True';
}

function lookup(endings: Readonly<Record<string, Ending>>, reason: string): Ending | undefined {
  return Object.hasOwn(endings, reason) ? endings[reason] : undefined;
}

function errorOf({ code, what, hint }: Ending, message = ''): StowageError {
  const words = headOf(message);
  return new StowageError(code, words === '' ? what : `${what}: ${words}`, {
    retryable: true,
    ...(hint === undefined ? {} : { hint }),
  });
}
