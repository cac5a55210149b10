import { StowageError } from '../errors.ts';
import type { CoreEvent } from '../kube/core.ts';
import { meaningOf, type Saying } from '../storage/saying.ts';

/** Of volumes of any kind. The words are those of Kubernetes 1.37, as it was seen to say them. */
const SAYINGS: readonly Saying[] = [
  {
    says: /failed to prepare subPath/i,
    code: 'LinkRefused',
    means:
      'on the way to the model there is a link that leads out of the directory of the StoragePolicy, or nowhere, or a file',
    hint: 'Name the directory itself in spec.storage, without links.',
    retryable: false,
  },
  {
    says: /failed to create subPath directory|path "[^"]*" does not exist|only directory and block device are supported/i,
    code: 'PathNotFound',
    means: 'the directory is not on the node',
    hint: 'Check spec.storage, and that what should be mounted there is mounted.',
    retryable: false,
  },
  {
    says: /driver name \S+ not found in the list of registered CSI drivers/i,
    code: 'DriverMissing',
    means: 'the CSI driver does not run on the node',
    hint: 'Install it there.',
  },
  {
    says: /Multi-Attach error|already exclusively attached|in use by another pod/i,
    code: 'ClaimInUse',
    means: 'the volume is in use elsewhere',
    hint: 'Wait until the pod that has it has ended.',
  },
  { says: /secret "[^"]*" not found/i, code: 'SecretMissing', means: 'a Secret is missing' },
];

/** What a message of the kubelet about a volume or a container means. @param sayings of the kind of storage */
export function messageTrouble(message: string, sayings: readonly Saying[]): StowageError {
  return (
    meaningOf(message, [...sayings, ...SAYINGS]) ??
    new StowageError('MountFailed', `the node cannot mount the volume: ${message}`, { retryable: true })
  );
}

/** The node cannot start a pod, for reasons of its own. */
export function startTrouble(message: string): StowageError {
  return new StowageError('BuilderFailed', `the node cannot start the builder pod: ${message}`, {
    retryable: true,
    hint: 'Have the node looked at; the build goes on when it starts pods again.',
  });
}

/** The pod's network or its first container could not be made: a trouble of the node, which passes or is mended. */
const SANDBOX = 'FailedCreatePodSandBox';

/** Reasons of events that tell of trouble. A volume is mounted by the kubelet, or attached before that. */
const TELLING = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', SANDBOX]);

/**
 * What the newest telling event about a pod that does not start means; undefined: there is none.
 * @param sayings of the kind of storage
 */
export function eventTrouble(
  events: readonly CoreEvent[],
  sayings: readonly Saying[],
): StowageError | undefined {
  const telling = events
    .filter(({ reason = '' }) => TELLING.has(reason))
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  const { message, reason } = telling.findLast(({ message: text }) => !isSummary(text)) ?? {};
  if (message === undefined) return undefined;
  return reason === SANDBOX ? startTrouble(message) : messageTrouble(message, sayings);
}

/** "Unable to attach or mount volumes: … timed out": the cause stands in another event. */
function isSummary(message = ''): boolean {
  return /^Unable to attach or mount volumes/i.test(message);
}

function timeOf({ series, lastTimestamp, eventTime, metadata }: CoreEvent): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}
