import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { API_VERSION } from '../api/group.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { timestampOf } from '../api/timestamp.ts';
import { defaultTag } from '../builders/default-tag.ts';
import { building, failed, isReady, ready } from '../builders/status.ts';
import { asStowageError } from '../errors.ts';
import { packTo, type PackToRequest } from '../pack/pack-to.ts';
import type { Report } from '../pack/report.ts';
import { openStorage, sayingsOf } from '../storage/kinds.ts';
import { asMeant } from '../storage/saying.ts';
import type { ApplyContext } from './context.ts';
import { ensureModel, publishLatest } from './models.ts';
import type { Outcome } from './outcome.ts';
import { refuseChange } from './precheck.ts';
import { declaredStorageName } from './declared-storage.ts';

type Result = Pick<Outcome, 'result' | 'report' | 'error'>;

/**
 * Builds a version that is not Ready yet, and stores what became of it. A build that fails is a result.
 * @throws StateBusy where another process is at it, SpecImmutable where another has just stored other content, StateUnusable
 */
export async function applyVersion(declared: ModelVersion, context: ApplyContext): Promise<Result> {
  const { modelVersions } = context.state;
  const { namespace = 'default', name } = declared.metadata;
  // Not waited for: another process that builds the same version would keep us for as long as its build takes.
  return modelVersions.locked(
    namespace,
    name,
    async () => {
      const known = await modelVersions.read(namespace, name);
      // The check before anything ran was not under the lock.
      if (known !== undefined) refuseChange(known, declared);
      const version = adopt(declared, known);
      if (isReady(known?.status)) {
        const report = known?.report === undefined ? {} : { report: known.report };
        const kept = { ...version, ...report };
        if (!isDeepStrictEqual(kept, known)) await modelVersions.write(kept);
        return { result: 'unchanged', ...report };
      }
      return start(version, context);
    },
    0,
  );
}

/** The declared object with what only the known one has: identity and status. */
function adopt(declared: ModelVersion, known: ModelVersion | undefined): ModelVersion {
  const { namespace = 'default' } = declared.metadata;
  const generation = generationOf(declared, known);
  const identity = {
    uid: known?.metadata.uid ?? randomUUID(),
    generation,
    creationTimestamp: known?.metadata.creationTimestamp ?? timestampOf(new Date()),
  };
  const labels = { ...declared.metadata.labels, 'model.kubedl.io/model-name': declared.spec.modelName };
  return {
    apiVersion: API_VERSION,
    kind: 'ModelVersion',
    metadata: { ...declared.metadata, ...identity, namespace, labels },
    spec: declared.spec,
    ...(known?.status === undefined ? {} : { status: { ...known.status, observedGeneration: generation } }),
  };
}

/** Counts the changes of the spec: only `suspend` changes. */
function generationOf(declared: ModelVersion, known: ModelVersion | undefined): number {
  if (known === undefined) return 1;
  const { generation = 1 } = known.metadata;
  return isDeepStrictEqual(known.spec, declared.spec) ? generation : generation + 1;
}

async function start(version: ModelVersion, context: ApplyContext): Promise<Result> {
  const { namespace = 'default' } = version.metadata;
  await ensureModel(context.state, {
    apiVersion: API_VERSION,
    kind: 'Model',
    metadata: { name: version.spec.modelName, namespace },
    spec: {},
  });
  if (version.spec.suspend !== true) return build(version, context);
  await context.state.modelVersions.write(version);
  return { result: 'suspended' };
}

async function build(version: ModelVersion, context: ApplyContext): Promise<Result> {
  const { state } = context;
  const { uid = '', generation = 1 } = version.metadata;
  const tag = version.spec.imageTag ?? defaultTag(uid);
  const started = building(version.status ?? {}, { tag }, { now: new Date(), generation });
  await state.modelVersions.write({ ...version, status: started });
  let report;
  try {
    report = await packVersion(version, tag, context);
    // Before the version says Ready: stopped in between, the version is built again, which sends nothing, and published.
    await publishLatest(state, version, report);
  } catch (thrown) {
    const error = asStowageError(thrown);
    const status = failed(started, error, { now: new Date(), generation });
    // Where it cannot be stored, the build's error is still the one that people need.
    await state.modelVersions.write({ ...version, status }).catch(() => undefined);
    return { result: 'failed', error };
  }
  const status = ready(started, report, { now: new Date(), generation });
  await state.modelVersions.write({ ...version, status, report });
  return { result: 'built', report };
}

async function packVersion(version: ModelVersion, tag: string, context: ApplyContext): Promise<Report> {
  const { spec } = version;
  const source = await openStorage(spec.storage, context.host, context.signal);
  const progress = context.progress();
  const to = `${spec.imageRepo}:${tag}`;
  const uploads = context.uploads?.(to);
  let report;
  try {
    report = await packTo({
      directory: source.directory,
      to,
      base: spec.base,
      overwrite: spec.overwrite ?? false,
      compression: spec.compression ?? 'none',
      ...(await backgroundOf(version, source.directory, context)),
      bandwidth: context.bandwidth,
      open: uploads === undefined ? context.open : { ...context.open, uploads },
      progress,
      signal: context.signal,
    });
  } catch (error) {
    // It is why the build failed, whatever becomes of a mount.
    await source.close().catch(() => undefined);
    throw asMeant(asStowageError(error), sayingsOf(spec.storage));
  }
  // The image is there: what is left of a mount is no reason to build it again.
  await source.close().catch((error: unknown) => {
    const { message, hint } = asStowageError(error);
    progress.warning(hint === undefined ? message : `${message}. ${hint}`);
  });
  return report;
}

/** What a build may learn from earlier ones. */
async function backgroundOf(
  { metadata, spec }: ModelVersion,
  directory: string,
  { state, pins, verifySource = spec.verifySource }: ApplyContext,
): Promise<Pick<PackToRequest, 'storage' | 'previous' | 'pins' | 'verifySource'>> {
  const { namespace = 'default' } = metadata;
  const [storage, model] = await Promise.all([
    declaredStorageName(spec.storage, directory, namespace),
    state.models.read(namespace, spec.modelName),
  ]);
  const { imageName } = model?.status?.latestVersion ?? {};
  // Without its record: for those the pins vouch, and nobody but their owner writes to them.
  const previous = imageName === undefined ? undefined : { reference: imageName };
  return { storage, previous, pins, verifySource };
}
