import { StowageError } from '../errors.ts';
import type { Declaration } from './declaration.ts';

/**
 * Puts what names no namespace into this one.
 * @throws DeclarationInvalid for what names another, as kubectl does: one of the two is a slip
 */
export function inNamespace(declarations: readonly Declaration[], namespace: string): Declaration[] {
  return declarations.map((object) => {
    if (object.kind === 'StoragePolicy') return object;
    const { namespace: named = namespace, name } = object.metadata;
    if (named === namespace) return { ...object, metadata: { ...object.metadata, namespace } };
    throw new StowageError(
      'DeclarationInvalid',
      `${object.kind} ${name} is declared in namespace ${named}, and ${namespace} is asked for`,
      { hint: 'Leave --namespace out, or the namespace in the declaration.' },
    );
  });
}
