import { KubeError } from '../kube/kube-error.ts';
import { readLines } from '../kube/body.ts';
import { sleep, SYSTEM_CLOCK } from '../kube/clock.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Remote } from './connect.ts';

/** A line of progress has some hundred bytes; the report with its layers some ten thousand. */
const MAX_LINE_BYTES = 1024 * 1024;

/** A container that is being made has no log yet, and nothing tells when it does. */
const ASK_AGAIN_MS = 500;

/**
 * The lines that a builder pod prints.
 * @param follow wait for its container to start, and for its end; else what there is by now
 * @throws KubeError: NotFound where the pod is gone, BadRequest where it has printed nothing yet and is not waited for
 */
export async function* logLines(
  { api }: Remote,
  pod: ObjectKey,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  for (;;) {
    try {
      yield* readLines(await api.logs(pod, { follow }, signal), MAX_LINE_BYTES);
      return;
    } catch (error) {
      if (!follow || !isNotStarted(error)) throw error;
    }
    await sleep(SYSTEM_CLOCK, ASK_AGAIN_MS, signal);
  }
}

/** `container "builder" in pod "…" is waiting to start: ContainerCreating`: the API has no other word for it. */
export function isNotStarted(error: unknown): error is KubeError {
  return error instanceof KubeError && error.reason === 'BadRequest';
}
