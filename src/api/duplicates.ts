import { StowageError } from '../errors.ts';
import type { Declaration } from './declaration.ts';

/**
 * Refuses two declarations of one object: which of the two is meant nobody can say.
 * @param defaultNamespace of those that name none
 * @throws DeclarationInvalid
 */
export function refuseDuplicates(declarations: readonly Declaration[], defaultNamespace: string): void {
  const seen = new Set<string>();
  for (const { kind, metadata } of declarations) {
    const where = kind === 'StoragePolicy' ? '' : ` in namespace ${metadata.namespace ?? defaultNamespace}`;
    const key = `${kind} ${metadata.name}${where}`;
    if (seen.has(key)) {
      throw new StowageError('DeclarationInvalid', `${key} is declared twice`, {
        hint: 'Remove one of the two, or give it another name.',
      });
    }
    seen.add(key);
  }
}
