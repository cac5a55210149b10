import { LABELS } from '../../api/labels.ts';
import { checkTo } from '../../pack/check-to.ts';
import { runInPod, type PodCall, type PodSurroundings } from './run-in-pod.ts';
import { checkedMessage } from './termination-message.ts';

export interface CheckCall extends PodCall {
  /** UID of the ModelVersion: an image that was made for it may be replaced. */
  readonly uid: string;
}

/** Looks at all that another builder does not look at before it builds an image. @returns whether it may */
export async function runCheck(call: CheckCall, surroundings: PodSurroundings): Promise<boolean> {
  return runInPod(call, surroundings, async (found) => {
    const checked = await checkTo({
      ...call,
      ...found,
      own: { label: LABELS.versionUid, value: call.uid },
    });
    return { line: { event: 'checked', ...checked }, message: checkedMessage(checked) };
  });
}
