import { asStowageError, StowageError } from '../errors.ts';
import { isForbidden, isNotServed, KubeError } from '../kube/kube-error.ts';

/** What a person can do about an answer of the API server that says no, in the terms of this project. */
export function explained(thrown: unknown, context: string): StowageError {
  if (isNotServed(thrown)) return notInstalled(thrown, context);
  if (isForbidden(thrown)) {
    const known = thrown.hint === undefined ? '' : `${thrown.hint}. `;
    return again(thrown, `${known}The cluster roles stowage-edit and stowage-view hold what is needed`);
  }
  return asStowageError(thrown);
}

/** The same for an object that was sent. */
export function explainedWrite(thrown: unknown, context: string): StowageError {
  if (!(thrown instanceof KubeError)) return asStowageError(thrown);
  if (thrown.reason === 'Invalid' || thrown.status === 400)
    return isAboutChange(thrown) ? immutable(thrown) : declarationInvalid(thrown);
  const fields = conflicts(thrown);
  if (fields.length === 0) return explained(thrown, context);
  return fields.every(mayChange) ? conflict(thrown) : immutable(thrown);
}

function notInstalled(error: KubeError, context: string): StowageError {
  return new StowageError('ClusterFailed', `Stowage is not installed in the cluster of ${context}`, {
    hint: 'Install it with: stowage manifests --image IMAGE | kubectl apply --server-side -f - (stowage manifests --help says more)',
    cause: error,
  });
}

function again(error: KubeError, hint: string): StowageError {
  return new StowageError(error.code, error.message, { hint, retryable: error.retryable, cause: error });
}

function declarationInvalid(error: KubeError): StowageError {
  return new StowageError('DeclarationInvalid', error.message, {
    hint: '"stowage crds" prints every field with its meaning.',
    cause: error,
  });
}

/** By the words of our own rules: the API server has none of its own for it. */
function isAboutChange({ message }: KubeError): boolean {
  return message.includes('cannot change: a version stays what it is');
}

function immutable(error: KubeError): StowageError {
  return new StowageError('SpecImmutable', error.message, {
    hint: 'A version never changes: give the new one another name, or delete the old one first.',
    cause: error,
  });
}

/** Fields that another field manager owns with other values (server-side apply). */
function conflicts({ causes }: KubeError): string[] {
  const owned = causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  return owned.map(({ field = '' }) => field);
}

/** Of a ModelVersion's spec, the one field; of other objects all fields may change. */
function mayChange(field: string): boolean {
  return field === '.spec.suspend' || !/^\.spec\.(modelName|storage|image|base|createdBy)/.test(field);
}

function conflict(error: KubeError): StowageError {
  return again(
    error,
    'Another program has written these fields: change them there, or take them over with: kubectl apply --server-side --force-conflicts -f FILE',
  );
}
