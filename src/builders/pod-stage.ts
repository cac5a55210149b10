import { FILES_GATE } from '../api/labels.ts';
import { StowageError } from '../errors.ts';
import type { ContainerState, Pod, PodSpec } from '../kube/core.ts';
import { meaningOf, type Saying } from '../storage/saying.ts';
import { messageTrouble, startTrouble } from './pod-trouble.ts';

/** Where a pod is on its way. */
export type PodStage =
  | {
      readonly is: 'pending';
      readonly trouble: StowageError | undefined;
      /** When its first container was done (RFC 3339): its volumes are mounted. */
      readonly since: string | undefined;
    }
  /** It is not to be scheduled before its files are there. */
  | { readonly is: 'gated' }
  /** RFC 3339. */
  | { readonly is: 'running'; readonly since: string | undefined }
  /** Somebody deleted it, and its container has not ended. */
  | { readonly is: 'leaving' }
  /** Its container has ended, or it never will run. */
  | { readonly is: 'ended' };

/** Reads a pod whose containers run once, one after the other. @param sayings what is said of the storage that it mounts */
export function podStage(pod: Pod, sayings: readonly Saying[]): PodStage {
  const { phase } = pod.status ?? {};
  const [state, before] = presentState(pod);
  if (phase === 'Succeeded' || phase === 'Failed' || state.terminated !== undefined) return { is: 'ended' };
  if (pod.metadata.deletionTimestamp !== undefined) return { is: 'leaving' };
  if (state.running !== undefined)
    return { is: 'running', since: before?.startedAt ?? state.running.startedAt };
  if (pod.spec.schedulingGates?.some(({ name }) => name === FILES_GATE) === true) return { is: 'gated' };
  return { is: 'pending', ...pendingParts(pod, sayings) };
}

function pendingParts(
  pod: Pod,
  sayings: readonly Saying[],
): Omit<Extract<PodStage, { is: 'pending' }>, 'is'> {
  const [state, before] = presentState(pod);
  const setting = before === undefined ? 'builder.image' : 'builder.kaniko.image';
  const trouble = waitingTrouble(state, sayings, setting) ?? schedulingTrouble(pod, sayings);
  return { trouble, since: before?.finishedAt };
}

/** The state of the container whose turn it is, and how the one before it has ended. */
export function presentState({
  status = {},
}: Pick<Pod, 'status'>): [ContainerState, ContainerState['terminated']] {
  const last = status.containerStatuses?.[0]?.state ?? {};
  const first = status.initContainerStatuses?.[0]?.state;
  if (first === undefined) return [last, undefined];
  return first.terminated?.exitCode === 0 ? [last, first.terminated] : [first, undefined];
}

const IMAGE = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'RegistryUnavailable']);

function waitingTrouble(
  { waiting }: ContainerState,
  sayings: readonly Saying[],
  setting: string,
): StowageError | undefined {
  const { reason = '', message = '' } = waiting ?? {};
  const hint = `${setting} in the settings of the controller names it; nodes must be able to pull it.`;
  if (reason === 'InvalidImageName' || IMAGE.has(reason))
    return new StowageError('BuilderImageUnavailable', message === '' ? reason : message, {
      hint,
      retryable: reason !== 'InvalidImageName',
    });
  const said = message === '' ? reason : message;
  // Volumes are looked into before a container is made; what fails later is the runtime's.
  if (reason === 'CreateContainerConfigError') return messageTrouble(said, sayings);
  if (reason === 'CreateContainerError' || reason === 'RunContainerError') return startTrouble(said);
  return undefined;
}

/** The condition is that of before where our own gate was just taken away. */
function gatesTrouble({ schedulingGates = [] }: PodSpec): StowageError | undefined {
  if (schedulingGates.length === 0) return undefined;
  const names = schedulingGates.map(({ name }) => name).join(', ');
  return new StowageError('Unschedulable', `the builder pod waits for its scheduling gates: ${names}`, {
    hint: 'Whoever put them there takes them away when it may run.',
    retryable: true,
  });
}

function schedulingTrouble({ spec, status }: Pod, sayings: readonly Saying[]): StowageError | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (condition?.status !== 'False' || condition.message === undefined) return undefined;
  if (condition.reason === 'SchedulingGated') return gatesTrouble(spec);
  const known = meaningOf(condition.message, sayings);
  if (known !== undefined) return known;
  const tainted = condition.message.includes('taint');
  return new StowageError('Unschedulable', condition.message, {
    hint: tainted
      ? 'spec.tolerations, or builder.tolerations in the settings of the controller, lets it run there.'
      : 'Has the node room for what builder.requests in the settings of the controller asks for, for Kaniko builder.kaniko.requests and spec.sizeHint?',
    retryable: true,
  });
}
