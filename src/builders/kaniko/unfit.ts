import { StowageError } from '../../errors.ts';
import type { BuildTask } from '../builder.ts';

/** What of a version Kaniko cannot do, each a reason; none: it can. */
function unfit({ spec, directory }: BuildTask): string[] {
  const { compression, securityContext = {}, imagePushSecrets = [] } = spec;
  const { runAsUser, runAsGroup } = securityContext;
  return [
    ...(compression === 'none' ? ['it compresses every layer, and spec.compression is none'] : []),
    ...(runAsUser === undefined && runAsGroup === undefined
      ? []
      : ['it runs as root only, and spec.securityContext says runAsUser or runAsGroup']),
    ...(imagePushSecrets.length > 1 ? ['it reads one Secret, and spec.imagePushSecrets has several'] : []),
    // The kubelet would make a missing subPath, and Kaniko would follow a link to wherever it leads.
    ...(directory === undefined
      ? []
      : ['it cannot be kept inside a path of a claim on a hostPath volume; it can take the whole claim']),
  ];
}

/** @throws DeclarationInvalid with all that it cannot do: what is asked for is never left out without a word */
export function refuseUnfit(task: BuildTask): void {
  const reasons = unfit(task);
  if (reasons.length === 0) return;
  throw new StowageError(
    'DeclarationInvalid',
    `the builder kaniko cannot build this: ${reasons.join('; ')}`,
    {
      hint: 'spec.builder: stream can. The spec cannot change: delete the ModelVersion and make it anew.',
    },
  );
}
