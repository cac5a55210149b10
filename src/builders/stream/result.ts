import type { Pod } from '../../kube/core.ts';
import type { BuildResult } from '../builder.ts';
import { neverRan } from '../container-end.ts';
import { ownEnd } from '../own-end.ts';
import { podEnd } from '../pod-end.ts';
import { readMessage } from '../read-message.ts';

/**
 * What became of a build, from its ended pod. A builder that says that it has made the image is believed: it may have
 * finished just before its pod was ended.
 */
export function result(pod: Pod): BuildResult {
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  if (ended === undefined) return { ok: false, error: podEnd(pod) ?? neverRan(pod) };
  const said = readMessage(ended.message ?? '');
  if (said !== undefined && 'summary' in said && ended.exitCode === 0)
    return { ok: true, summary: said.summary };
  return { ok: false, error: ownEnd(pod, ended) };
}
