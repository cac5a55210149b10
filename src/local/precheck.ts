import { isDeepStrictEqual } from 'node:util';
import type { Declaration } from '../api/declaration.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { isReady } from '../builders/status.ts';
import { StowageError } from '../errors.ts';
import { openPlace } from '../pack/open-target.ts';
import { checkStorage } from '../storage/kinds.ts';
import type { ApplyContext } from './context.ts';

/**
 * Refuses what can be known to be wrong before anything runs. No server is asked.
 * @throws DeclarationInvalid, SpecImmutable, NodeMismatch, StorageUnsupported, UsageInvalid, StateUnusable
 */
export async function precheck(declarations: readonly Declaration[], context: ApplyContext): Promise<void> {
  refuseDuplicates(declarations);
  const references = new Set<string>();
  for (const object of declarations) {
    if (object.kind !== 'ModelVersion') continue;
    const { namespace = 'default', name } = object.metadata;
    const known = await context.state.modelVersions.read(namespace, name);
    if (known !== undefined) refuseChange(known, object);
    checkStorage(object.spec.storage, context.host);
    if (isReady(known?.status)) continue;
    references.add(object.spec.imageRepo);
    if (object.spec.base !== undefined) references.add(object.spec.base);
  }
  for (const reference of references) await (await openPlace(reference, context.open)).target.close();
}

/** Which of the two is meant nobody can say. */
function refuseDuplicates(declarations: readonly Declaration[]): void {
  const seen = new Set<string>();
  for (const { kind, metadata } of declarations) {
    const { namespace = 'default', name } = metadata;
    const key = `${kind} ${name} in namespace ${namespace}`;
    if (seen.has(key)) {
      throw new StowageError('DeclarationInvalid', `${key} is declared twice`, {
        hint: 'Remove one of the two, or give it another name.',
      });
    }
    seen.add(key);
  }
}

/** @throws SpecImmutable where more than `suspend` differs */
export function refuseChange(known: ModelVersion, declared: ModelVersion): void {
  const keys = new Set([...Object.keys(known.spec), ...Object.keys(declared.spec)]) as Set<
    keyof ModelVersion['spec']
  >;
  const changed = [...keys].filter(
    (key) => key !== 'suspend' && !isDeepStrictEqual(known.spec[key], declared.spec[key]),
  );
  if (changed.length === 0) return;
  const { namespace = 'default', name } = declared.metadata;
  const where = namespace === 'default' ? '' : ` -n ${namespace}`;
  throw new StowageError(
    'SpecImmutable',
    `modelversion ${name} is known with another ${changed.map((key) => `spec.${key}`).join(', ')}`,
    {
      hint: `A version never changes: give the new one another name, or forget the old one with: stowage delete modelversion ${name}${where}`,
    },
  );
}
