import { StowageError } from '../errors.ts';
import { isNamespaceTerminating, KubeError } from '../kube/kube-error.ts';

/**
 * What it means for a build that the API server refuses to make something for it. Undefined: nothing; the write is tried
 * again later (a conflict, a server in trouble, a right that the controller lacks).
 */
export function refusalOf(error: unknown): StowageError | undefined {
  if (!(error instanceof KubeError)) return undefined;
  const terminating: boolean = isNamespaceTerminating(error);
  if (terminating)
    return new StowageError('NamespaceTerminating', 'the namespace is being deleted', { retryable: true });
  const { message: said, status } = error;
  // The API server's quota plug-in and its authorizer answer with the same status.
  if (status === 403 && said.includes('exceeded quota'))
    return new StowageError('QuotaExceeded', said, {
      hint: 'kubectl describe quota shows what is used.',
      retryable: true,
      cause: error,
    });
  if (status === 403 && /\bUser "[^"]*" cannot \w+ resource\b/.test(said)) return undefined;
  if (status === 403 || status === 422 || status === 400)
    return new StowageError('AdmissionDenied', said, {
      hint: 'A rule of the namespace or of the cluster refuses it; see its labels and the admission policies.',
      cause: error,
    });
  return undefined;
}
