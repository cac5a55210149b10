import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MODEL_VERSIONS } from '../api/resources.ts';
import { asStowageError } from '../errors.ts';
import { PODS } from '../kube/core.ts';
import { isForbidden } from '../kube/kube-error.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Remote } from './connect.ts';
import { read } from './objects.ts';

/** The kubelet looks every few seconds. */
const EVERY_MS = 1_000;

/** As far as it is read here: https://kubernetes.io/docs/reference/instrumentation/node-metrics/. */
const Summary = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      containers: z
        .array(
          z.object({
            memory: z
              .object({ rssBytes: z.number().optional(), workingSetBytes: z.number().optional() })
              .optional(),
          }),
        )
        .optional(),
    }),
  ),
});

/** Watches what a pod has in memory while something else goes on. */
export interface MemoryWatch {
  /** The most that one of its containers had, in bytes; or why that is not known, a sentence. */
  end(): Promise<number | string>;
}

/**
 * Asks the kubelet of the pod that builds a version, through the API server, again and again. What it cannot learn it
 * says at the end.
 * @param everyMs milliseconds between two looks
 */
export function watchMemory(
  remote: Remote,
  version: Required<ObjectKey>,
  everyMs: number = EVERY_MS,
): MemoryWatch {
  const stop = new AbortController();
  const seen: Seen = { most: undefined, why: 'the build was over before the kubelet had looked.' };
  const watching = keepLooking(remote, version, { seen, everyMs, stop: stop.signal });
  return {
    async end() {
      stop.abort();
      await watching;
      return seen.most ?? seen.why;
    },
  };
}

interface Seen {
  most: number | undefined;
  why: string;
}

async function keepLooking(
  remote: Remote,
  version: Required<ObjectKey>,
  { seen, everyMs, stop }: { readonly seen: Seen; readonly everyMs: number; readonly stop: AbortSignal },
): Promise<void> {
  const isOver = (): boolean => stop.aborted;
  while (!isOver()) {
    try {
      const bytes = await memoryOf(remote, version, stop);
      if (bytes !== undefined) seen.most = Math.max(seen.most ?? 0, bytes);
    } catch (error) {
      if (isOver()) return;
      seen.why = isForbidden(error) ? FORBIDDEN : asStowageError(error).message;
      if (isForbidden(error)) return;
    }
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

const FORBIDDEN = 'it takes the right to get nodes/proxy, and to get pods.';

async function memoryOf(
  remote: Remote,
  version: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { namespace } = version;
  const name = (await read(remote, MODEL_VERSIONS, version, signal))?.status?.builderPod;
  if (name === undefined) return undefined;
  const pod = await read(remote, PODS, { namespace, name }, signal);
  if (pod?.spec.nodeName === undefined) return undefined;
  const summary = Summary.safeParse(await remote.api.nodeSummary(pod.spec.nodeName, signal)).data;
  const containers = summary?.pods
    .filter(({ podRef }) => podRef.name === name && podRef.namespace === namespace)
    .flatMap((each) => each.containers ?? []);
  // The working set has files in it that were just read or written, which the kernel drops when it needs to.
  const sizes = containers?.flatMap(({ memory }) => memory?.rssBytes ?? memory?.workingSetBytes ?? []) ?? [];
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
