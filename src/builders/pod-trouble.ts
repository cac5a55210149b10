import { StowageError, type ErrorCode } from '../errors.ts';
import type { CoreEvent } from '../kube/core.ts';

/** A thing that a kubelet says, and what it means. */
interface Saying {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  /** Default: true. What is not there or not allowed on the node will not be for waiting. */
  readonly retryable?: false;
}

const PATH_HINT = 'Check spec.storage, and that the directory is on that node.';

/** The first that fits counts. The words are those of Kubernetes 1.37's kubelet and its volume plugins. */
const SAYINGS: readonly Saying[] = [
  {
    says: /subPath[^]*(not within|outside|escape|symbolic link|symlink|too many levels)|is not a directory[^]*symlink/i,
    code: 'LinkRefused',
    hint: 'A link on the way to the model leads out of the directory that the StoragePolicy allows.',
    retryable: false,
  },
  {
    says: /(prepare subPath|create subPath|mkdir[^]*(subpath|read-only file system)|path "[^"]*" does not exist|NewMounter initialization failed[^]*does not exist|no such file or directory)/i,
    code: 'PathNotFound',
    hint: PATH_HINT,
    retryable: false,
  },
  {
    says: /driver name \S+ not found in the list of registered CSI drivers/i,
    code: 'DriverMissing',
    hint: 'Install the CSI driver on that node.',
  },
  {
    says: /Multi-Attach error|already (used by|in use by)|volume is already exclusively attached/i,
    code: 'ClaimInUse',
    hint: 'Wait until the pod that has the volume has ended.',
  },
  { says: /secret "[^"]*" not found/i, code: 'SecretMissing', hint: 'Create the Secret.' },
  {
    says: /permission denied|access denied/i,
    code: 'MountFailed',
    hint: 'The server or the node does not let this node mount it.',
  },
];

/** What a message of the kubelet about a volume or a container means. */
export function messageTrouble(message: string): StowageError {
  const saying = SAYINGS.find(({ says }) => says.test(message));
  if (saying === undefined)
    return new StowageError('MountFailed', message, {
      retryable: true,
      hint: 'These are the words of the node.',
    });
  return new StowageError(saying.code, message, { hint: saying.hint, retryable: saying.retryable ?? true });
}

/** Reasons of events that tell of trouble. A volume is mounted by the kubelet, or attached before that. */
const TELLING = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox']);

/** What the newest telling event about a pod that does not start means; undefined: there is none. */
export function eventTrouble(events: readonly CoreEvent[]): StowageError | undefined {
  const telling = events
    .filter(({ reason = '' }) => TELLING.has(reason))
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  const message = telling.findLast(({ message: text }) => !isSummary(text))?.message;
  return message === undefined ? undefined : messageTrouble(message);
}

/** "Unable to attach or mount volumes: … timed out": the cause stands in another event. */
function isSummary(message = ''): boolean {
  return /^Unable to attach or mount volumes/i.test(message);
}

function timeOf({ series, lastTimestamp, eventTime, metadata }: CoreEvent): string {
  return series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}
