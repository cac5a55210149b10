import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Declaration } from '../api/declaration.ts';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { building, failed, isReady, ready } from '../builders/status.ts';
import { asStowageError, StowageError } from '../errors.ts';
import type { OpenOptions } from '../pack/open-target.ts';
import { packTo } from '../pack/pack-to.ts';
import type { Report } from '../pack/report.ts';
import { checkStorage, openStorage } from '../storage/kinds.ts';
import type { Host } from '../storage/storage.ts';
import type { Progress } from '../telemetry/progress.ts';
import { ensureModel, publishLatest } from './models.ts';
import type { State } from './state.ts';

/** KubeDL's default tag: the first five characters of the object's UID. */
const DEFAULT_TAG_LENGTH = 5;

export interface ApplyContext {
  readonly state: State;
  readonly host: Host;
  readonly open: OpenOptions;
  /** Made anew for each version that is built. */
  readonly progress: () => Progress;
  readonly signal: AbortSignal;
}

/** What became of one declared object. */
export interface Outcome {
  readonly kind: 'Model' | 'ModelVersion';
  readonly namespace: string;
  readonly name: string;
  /** `unchanged`: it was Ready before and nothing was done. `suspended`: its spec says not to build it. */
  readonly result: 'configured' | 'built' | 'unchanged' | 'suspended' | 'failed';
  /** Of a ModelVersion that is Ready. */
  readonly report?: Report;
  readonly error?: StowageError;
}

/**
 * Brings this machine to what the declarations say, in their order. A build that fails is an outcome; the next one is
 * still tried, unless it was cancelled.
 * @throws SpecImmutable, NodeMismatch, StorageUnsupported before anything ran
 */
export async function apply(declarations: readonly Declaration[], context: ApplyContext): Promise<Outcome[]> {
  for (const object of declarations) {
    if (object.kind === 'ModelVersion') await precheck(object, context);
  }
  const outcomes: Outcome[] = [];
  for (const object of declarations) {
    const outcome =
      object.kind === 'Model' ? await applyModel(object, context.state) : await applyVersion(object, context);
    outcomes.push(outcome);
    if (outcome.error?.code === 'Cancelled') break;
  }
  return outcomes;
}

async function precheck(declared: ModelVersion, context: ApplyContext): Promise<void> {
  const known = await context.state.modelVersions.read(namespaceOf(declared), declared.metadata.name);
  if (known !== undefined) refuseChange(known, declared);
  checkStorage(declared.spec.storage, context.host);
}

function refuseChange(known: ModelVersion, declared: ModelVersion): void {
  const keys = new Set([...Object.keys(known.spec), ...Object.keys(declared.spec)]) as Set<
    keyof ModelVersion['spec']
  >;
  const changed = [...keys].filter(
    (key) => key !== 'suspend' && !isDeepStrictEqual(known.spec[key], declared.spec[key]),
  );
  if (changed.length === 0) return;
  const name = declared.metadata.name;
  throw new StowageError(
    'SpecImmutable',
    `modelversion ${name} is known with another ${changed.map((key) => `spec.${key}`).join(', ')}`,
    {
      hint: `A version never changes: give the new one another name, or forget the old one with: stowage delete modelversion ${name}`,
    },
  );
}

async function applyModel(declared: Model, state: State): Promise<Outcome> {
  await ensureModel(state, declared);
  return {
    kind: 'Model',
    namespace: namespaceOf(declared),
    name: declared.metadata.name,
    result: 'configured',
  };
}

async function applyVersion(declared: ModelVersion, context: ApplyContext): Promise<Outcome> {
  const { modelVersions } = context.state;
  const namespace = namespaceOf(declared);
  const name = declared.metadata.name;
  // Not waited for: another process that builds the same version would keep us for as long as its build takes.
  return modelVersions.locked(
    namespace,
    name,
    async () => {
      const outcome = { kind: 'ModelVersion', namespace, name } as const;
      const version = adopt(declared, await modelVersions.read(namespace, name));
      if (isReady(version.status)) {
        const report = await context.state.readReport(namespace, name);
        return { ...outcome, result: 'unchanged', ...(report === undefined ? {} : { report }) };
      }
      await ensureModel(context.state, {
        ...header('Model'),
        metadata: { name: version.spec.modelName, namespace },
        spec: {},
      });
      if (version.spec.suspend === true) {
        await modelVersions.write(version);
        return { ...outcome, result: 'suspended' };
      }
      return { ...outcome, ...(await build(version, context)) };
    },
    0,
  );
}

/** The declared object with what only the known one has: identity and status. */
function adopt(declared: ModelVersion, known: ModelVersion | undefined): ModelVersion {
  const namespace = namespaceOf(declared);
  const identity = {
    uid: known?.metadata.uid ?? randomUUID(),
    generation: known?.metadata.generation ?? 1,
    creationTimestamp: known?.metadata.creationTimestamp ?? `${new Date().toISOString().slice(0, 19)}Z`,
  };
  const labels = { ...declared.metadata.labels, 'model.kubedl.io/model-name': declared.spec.modelName };
  return {
    ...header('ModelVersion'),
    metadata: { ...declared.metadata, ...identity, namespace, labels },
    spec: declared.spec,
    ...(known?.status === undefined ? {} : { status: known.status }),
  };
}

async function build(
  version: ModelVersion,
  context: ApplyContext,
): Promise<Pick<Outcome, 'result' | 'report' | 'error'>> {
  const { state } = context;
  const { namespace = 'default', name, uid = '', generation = 1 } = version.metadata;
  const tag = version.spec.imageTag ?? uid.slice(0, DEFAULT_TAG_LENGTH);
  const started = building(version.status ?? {}, { tag }, { now: new Date(), generation });
  await state.modelVersions.write({ ...version, status: started });
  try {
    const report = await packVersion(version, tag, context);
    await state.writeReport(namespace, name, report);
    await state.modelVersions.write({
      ...version,
      status: ready(started, report, { now: new Date(), generation }),
    });
    await publishLatest(state, version, report);
    return { result: 'built', report };
  } catch (thrown) {
    const error = asStowageError(thrown);
    await state.modelVersions.write({
      ...version,
      status: failed(started, error, { now: new Date(), generation }),
    });
    return { result: 'failed', error };
  }
}

async function packVersion(version: ModelVersion, tag: string, context: ApplyContext): Promise<Report> {
  const { spec } = version;
  const source = await openStorage(spec.storage, context.host);
  return packTo({
    directory: source.directory,
    to: `${spec.imageRepo}:${tag}`,
    base: spec.base,
    overwrite: spec.overwrite ?? false,
    compression: spec.compression ?? 'none',
    open: context.open,
    progress: context.progress(),
    signal: context.signal,
  });
}

function namespaceOf(object: { metadata: { namespace?: string | undefined } }): string {
  return object.metadata.namespace ?? 'default';
}

function header<K extends Declaration['kind']>(kind: K): { apiVersion: 'model.kubedl.io/v1alpha1'; kind: K } {
  return { apiVersion: 'model.kubedl.io/v1alpha1', kind };
}
