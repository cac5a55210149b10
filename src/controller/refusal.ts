import type { BuilderName } from '../api/builder-name.ts';
import { StowageError } from '../errors.ts';
import { isConflict, isNamespaceTerminating, isNotFound, KubeError } from '../kube/kube-error.ts';
import type { Observed, Setting } from './observed.ts';
import { isInProgress } from './stage.ts';
import { overdue } from './times.ts';

/**
 * What a write that fails again and again means once the time for the volume is over: then the attempt has failed, and
 * its turn is another's. Undefined: it is tried again.
 */
export function pastDeadline(
  { version }: Observed,
  thrown: unknown,
  { now, settings }: Setting,
): StowageError | undefined {
  const passing: boolean = isConflict(thrown) || isNotFound(thrown);
  if (!(thrown instanceof KubeError) || passing) return undefined;
  if (!isInProgress(version) || version.status?.builderPod !== undefined) return undefined;
  if (overdue(version.status?.startTime ?? now, settings.deadlines.storage, now) > 0) return undefined;
  return new StowageError('ClusterFailed', thrown.message, {
    hint: 'The API server does not do what the controller asks for; its answer is above.',
    retryable: true,
    cause: thrown,
  });
}

/**
 * What it means for a build that the API server refuses to make something for it. Undefined: nothing; the write is tried
 * again later (a conflict, a server in trouble, a right that the controller lacks).
 * @param builder of the version, where one was chosen
 */
export function refusalOf(error: unknown, builder?: BuilderName): StowageError | undefined {
  if (!(error instanceof KubeError)) return undefined;
  const terminating: boolean = isNamespaceTerminating(error);
  if (terminating)
    return new StowageError('NamespaceTerminating', 'the namespace is being deleted', { retryable: true });
  const { message: said, status } = error;
  const refused: boolean = status === 403 || status === 422 || status === 400;
  return refused && !LACKS_RIGHT.test(said) ? refusedFor(said, error, builder) : undefined;
}

/** The API server's quota plug-in and its authorizer answer with the same status. */
const LACKS_RIGHT = /\bUser "[^"]*" cannot \w+ resource\b/;

function refusedFor(said: string, cause: KubeError, builder: BuilderName | undefined): StowageError {
  if (/exceeded quota|failed quota/.test(said))
    return new StowageError('QuotaExceeded', said, {
      hint: 'kubectl describe quota shows what is used; builder.requests and builder.limits in the settings of the controller are what a builder asks for, for Kaniko those of builder.kaniko and spec.sizeHint.',
      retryable: true,
      cause,
    });
  if (builder === 'kaniko' && said.includes('violates PodSecurity'))
    return new StowageError('AdmissionDenied', `the namespace does not admit Kaniko: ${said}`, {
      hint: 'Kaniko must run as root: the label pod-security.kubernetes.io/enforce=baseline of the namespace lets it. spec.builder: stream passes as the namespace is.',
      cause,
    });
  return new StowageError('AdmissionDenied', said, {
    hint: 'A rule of the namespace or of the cluster refuses it; see its labels and the admission policies.',
    // A namespace is there a moment before its service account.
    retryable: said.includes('serviceaccount'),
    cause,
  });
}
