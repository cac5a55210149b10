import { isDigest, type Digest } from '../../oci/digest.ts';
import type { ContainerStatus, Pod } from '../../kube/core.ts';
import type { BuildResult } from '../builder.ts';
import { neverRan, type Terminated } from '../container-end.ts';
import { ownEnd } from '../own-end.ts';
import { podEnd } from '../pod-end.ts';
import { readMessage, type CheckedMessage } from '../read-message.ts';
import { kanikoEnd } from './kaniko-end.ts';

/** What became of a build, from its ended pod: what the check said before, and the digest that Kaniko left behind. */
export function result(pod: Pod, log?: string): BuildResult {
  const { initContainerStatuses, containerStatuses } = pod.status ?? {};
  const check = endOf(initContainerStatuses);
  if (check === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const said = readMessage(check.message ?? '');
  return said !== undefined && 'checked' in said && check.exitCode === 0
    ? built(pod, said.checked, { check, kaniko: endOf(containerStatuses), log })
    : { ok: false, error: ownEnd(pod, check) };
}

interface Ends {
  readonly check: Terminated;
  readonly kaniko: Terminated | undefined;
  readonly log: string | undefined;
}

function built(pod: Pod, { image, bytes, model }: CheckedMessage, ends: Ends): BuildResult {
  const { check, kaniko, log } = ends;
  if (kaniko === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const digest = digestFrom(kaniko);
  if (kaniko.exitCode !== 0 || digest === undefined) return failed(pod, kaniko, log);
  return {
    ok: true,
    summary: {
      ...{ image: `${image}@${digest}`, digest, model },
      bytes: { source: bytes },
      seconds: secondsFrom(check.startedAt, kaniko.finishedAt),
    },
  };
}

/**
 * It writes the digest before it pushes, so that the kubelet keeps the log to itself where the push fails, and shows the
 * last 2 KiB of it otherwise: what it died of stands in the log.
 */
function failed(pod: Pod, kaniko: Terminated, log: string | undefined): BuildResult {
  const ended = podEnd(pod);
  if (ended !== undefined) return { ok: false, error: ended };
  const message = log === undefined || log === '' ? withoutDigest(kaniko.message) : log;
  const error = kanikoEnd({ ...kaniko, message });
  const mayTellMore = kaniko.reason === 'Error' && log === undefined;
  return { ok: false, error, ...(mayTellMore ? { unclear: true } : {}) };
}

function withoutDigest(message = ''): string {
  return isDigest(message.trim()) ? '' : message;
}

function endOf(statuses: readonly ContainerStatus[] = []): Terminated | undefined {
  return statuses[0]?.state?.terminated;
}

/** From --digest-file; a container that failed before it wrote that leaves the end of its log there. */
function digestFrom({ message = '' }: Terminated): Digest | undefined {
  const digest = message.trim();
  return isDigest(digest) ? digest : undefined;
}

function secondsFrom(start: string | undefined, end: string | undefined): number {
  const seconds = (Date.parse(end ?? '') - Date.parse(start ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
