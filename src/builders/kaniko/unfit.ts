import { StowageError } from '../../errors.ts';
import type { BuildTask, KanikoSettings } from '../builder.ts';
import { DISK, quantityOf, roomFor } from './room.ts';

/** What of a version Kaniko cannot do, each a reason; none: it can. */
function unfit({ spec, base, directory }: BuildTask, { limits }: KanikoSettings): string[] {
  const { compression, securityContext = {}, imagePushSecrets = [] } = spec;
  const { runAsUser, runAsGroup } = securityContext;
  const most = quantityOf(limits[DISK]);
  return [
    ...(compression === 'none' ? ['it compresses every layer, and spec.compression is none'] : []),
    ...(runAsUser === undefined && runAsGroup === undefined
      ? []
      : ['it runs as root only, and spec.securityContext says runAsUser or runAsGroup']),
    ...(imagePushSecrets.length > 1 ? ['it reads one Secret, and spec.imagePushSecrets has several'] : []),
    // What was looked at must be what is used: it runs what a base image says.
    ...(base === undefined || /@sha256:[0-9a-f]{64}$/.test(base)
      ? []
      : [`it needs the digest of the base image, such as ${base}@sha256:…`]),
    ...(most !== undefined && roomFor(spec) > most
      ? [`twice spec.sizeHint is more than builder.kaniko.limits has of ${DISK}`]
      : []),
    // The kubelet would make a missing subPath, and Kaniko would follow a link to wherever it leads.
    ...(directory === undefined
      ? []
      : ['it cannot be kept inside a path of a claim on a hostPath volume; it can take the whole claim']),
  ];
}

/** @throws DeclarationInvalid with all that it cannot do: what is asked for is never left out without a word */
export function refuseUnfit(task: BuildTask, settings: KanikoSettings): void {
  const reasons = unfit(task, settings);
  if (reasons.length === 0) return;
  throw new StowageError(
    'DeclarationInvalid',
    `the builder kaniko cannot build this: ${reasons.join('; ')}`,
    {
      hint: 'spec.builder: stream can. The spec cannot change: delete the ModelVersion and make it anew.',
    },
  );
}
