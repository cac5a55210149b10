import { presentState } from '../builders/pod-stage.ts';
import { PODS, type ContainerState, type Pod } from '../kube/core.ts';
import { isForbidden } from '../kube/kube-error.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Remote } from './connect.ts';
import { read } from './objects.ts';

/** A builder pod, for people. */
export interface PodView {
  readonly name: string;
  readonly node: string | undefined;
  readonly phase: string;
  /** What its container does, or why it does nothing. */
  readonly state: string | undefined;
}

/** The pod; `gone` where there is none any more, `hidden` where it may not be looked at. */
export async function viewPod(
  remote: Remote,
  key: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<PodView> {
  const nothing = { name: key.name, node: undefined, state: undefined };
  try {
    const pod = await read(remote, PODS, key, signal);
    return pod === undefined ? { ...nothing, phase: 'gone' } : podView(pod);
  } catch (error) {
    if (isForbidden(error)) return { ...nothing, phase: 'hidden: you may not get pods' };
    throw error;
  }
}

export function podView({ metadata, spec, status = {} }: Pod): PodView {
  const { phase = 'Pending', reason, message, conditions = [] } = status;
  const [present] = presentState({ status });
  const container = stateText(present);
  const unscheduled = conditions.find((each) => each.type === 'PodScheduled' && each.status === 'False');
  const said = [reason, message].filter((part) => part !== undefined && part !== '').join(', ');
  return {
    name: metadata.name,
    node: spec.nodeName,
    phase: metadata.deletionTimestamp === undefined ? phase : 'Terminating',
    state: container ?? unscheduled?.message ?? (said === '' ? undefined : said),
  };
}

function stateText(state: ContainerState | undefined): string | undefined {
  if (state?.waiting !== undefined) {
    const { reason = 'waiting', message } = state.waiting;
    return message === undefined ? reason : `${reason}, ${message}`;
  }
  if (state?.running !== undefined) return `running since ${state.running.startedAt ?? 'a moment ago'}`;
  if (state?.terminated === undefined) return undefined;
  const { reason = 'ended', exitCode } = state.terminated;
  return `${reason}, exit code ${exitCode}`;
}
