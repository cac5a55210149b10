import type { Declaration } from '../api/declaration.ts';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { asStowageError } from '../errors.ts';
import { applyVersion } from './apply-version.ts';
import type { ApplyContext } from './context.ts';
import { ensureModel } from './models.ts';
import type { Outcome } from './outcome.ts';
import { localOnly, precheck } from './precheck.ts';

/**
 * Brings this machine to what the declarations say, in their order. An object that fails is an outcome; the next one
 * is still tried, unless it was cancelled.
 * @throws DeclarationInvalid, SpecImmutable, NodeMismatch, StorageUnsupported, UsageInvalid, StateUnusable before anything ran
 */
export async function apply(declarations: readonly Declaration[], context: ApplyContext): Promise<Outcome[]> {
  const objects = localOnly(declarations);
  await precheck(objects, context);
  const outcomes: Outcome[] = [];
  for (const object of objects) {
    const outcome = await applyOne(object, context);
    outcomes.push(outcome);
    if (outcome.error?.code === 'Cancelled') break;
  }
  return outcomes;
}

async function applyOne(object: Model | ModelVersion, context: ApplyContext): Promise<Outcome> {
  const { name, namespace = 'default' } = object.metadata;
  const identity = { kind: object.kind, namespace, name };
  try {
    if (object.kind === 'ModelVersion') return { ...identity, ...(await applyVersion(object, context)) };
    await ensureModel(context.state, object);
    return { ...identity, result: 'configured' };
  } catch (thrown) {
    return { ...identity, result: 'failed', error: asStowageError(thrown) };
  }
}
