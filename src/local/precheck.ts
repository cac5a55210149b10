import { isDeepStrictEqual } from 'node:util';
import type { Declaration } from '../api/declaration.ts';
import { refuseDuplicates } from '../api/duplicates.ts';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { isReady } from '../builders/status.ts';
import { StowageError } from '../errors.ts';
import { openPlace } from '../pack/open-target.ts';
import { checkStorage } from '../storage/kinds.ts';
import type { ApplyContext } from './context.ts';

/** What is declared and exists on one machine. @throws DeclarationInvalid for what is of a cluster */
export function localOnly(declarations: readonly Declaration[]): (Model | ModelVersion)[] {
  return declarations.map((object) => {
    if (object.kind !== 'StoragePolicy') return object;
    throw new StowageError(
      'DeclarationInvalid',
      `storagepolicy ${object.metadata.name} cannot be applied on one machine: a StoragePolicy says what a cluster allows`,
      { hint: 'Apply it to a cluster with --kube or --context, and the rest of the file without it here.' },
    );
  });
}

/**
 * Refuses what can be known to be wrong before anything runs. No server is asked.
 * @throws DeclarationInvalid, SpecImmutable, NodeMismatch, StorageUnsupported, UsageInvalid, StateUnusable
 */
export async function precheck(declarations: readonly Declaration[], context: ApplyContext): Promise<void> {
  refuseDuplicates(declarations, 'default');
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
