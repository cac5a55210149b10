import { isDigest, type Digest } from '../../oci/digest.ts';
import type { ContainerStatus, Pod } from '../../kube/core.ts';
import type { BuildResult } from '../builder.ts';
import { neverRan, type Terminated } from '../container-end.ts';
import { ownEnd } from '../own-end.ts';
import { podEnd } from '../pod-end.ts';
import { readMessage, type CheckedMessage } from '../read-message.ts';
import { kanikoEnd } from './kaniko-end.ts';

/** What became of a build, from its ended pod: what the check said before, and the digest that Kaniko left behind. */
export function result(pod: Pod): BuildResult {
  const { initContainerStatuses, containerStatuses } = pod.status ?? {};
  const check = endOf(initContainerStatuses);
  if (check === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const said = readMessage(check.message ?? '');
  return said !== undefined && 'checked' in said && check.exitCode === 0
    ? built(pod, said.checked, { check, kaniko: endOf(containerStatuses) })
    : { ok: false, error: ownEnd(pod, check) };
}

interface Ends {
  readonly check: Terminated;
  readonly kaniko: Terminated | undefined;
}

function built(pod: Pod, { image, bytes, model }: CheckedMessage, { check, kaniko }: Ends): BuildResult {
  if (kaniko === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const digest = digestFrom(kaniko);
  if (digest === undefined) return { ok: false, error: podEnd(pod) ?? kanikoEnd(kaniko) };
  return {
    ok: true,
    summary: {
      ...{ image: `${image}@${digest}`, digest, model },
      bytes: { source: bytes },
      seconds: secondsFrom(check.startedAt, kaniko.finishedAt),
    },
  };
}

function endOf(statuses: readonly ContainerStatus[] = []): Terminated | undefined {
  return statuses[0]?.state?.terminated;
}

/** From --digest-file; a container that failed leaves the end of its log there. */
function digestFrom({ exitCode, message = '' }: Terminated): Digest | undefined {
  const digest = message.trim();
  return exitCode === 0 && isDigest(digest) ? digest : undefined;
}

function secondsFrom(start: string | undefined, end: string | undefined): number {
  const seconds = (Date.parse(end ?? '') - Date.parse(start ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
