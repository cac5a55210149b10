import { randomUUID } from 'node:crypto';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import { timestampOf } from '../api/timestamp.ts';
import { isReady } from '../builders/status.ts';
import type { State } from './state.ts';

/** Stores a declared Model, or makes one that a version names; what is known of it already is kept. */
export async function ensureModel(state: State, declared: Model): Promise<void> {
  const { name, namespace = 'default' } = declared.metadata;
  await state.models.locked(namespace, name, async () => {
    const known = await state.models.read(namespace, name);
    await state.models.write({
      ...declared,
      metadata: {
        ...known?.metadata,
        ...declared.metadata,
        namespace,
        uid: known?.metadata.uid ?? randomUUID(),
        creationTimestamp: known?.metadata.creationTimestamp ?? timestampOf(new Date()),
      },
      spec: { ...known?.spec, ...declared.spec },
      ...(known?.status === undefined ? {} : { status: known.status }),
    });
  });
}

/** Makes a version whose image is there the latest of its Model. */
export async function publishLatest(state: State, version: ModelVersion, image: LatestImage): Promise<void> {
  await changeLatest(state, version, () => Promise.resolve(latestOf(version, image)));
}

/** For a version that is about to be forgotten: where it is the latest of its Model, the Ready one that finished last among the others becomes it. */
export async function retractLatest(state: State, version: ModelVersion): Promise<void> {
  const { namespace = 'default', name } = version.metadata;
  await changeLatest(state, version, async (latest) => {
    if (latest?.modelVersion !== name) return latest;
    const others = (await state.modelVersions.list(namespace)).filter(
      ({ metadata, spec }) => metadata.name !== name && spec.modelName === version.spec.modelName,
    );
    return newestOf(others);
  });
}

type Latest = NonNullable<NonNullable<Model['status']>['latestVersion']>;
type LatestImage = {
  readonly image: string;
  readonly digest: string;
  readonly record?: string | undefined;
};

async function changeLatest(
  state: State,
  version: ModelVersion,
  change: (latest: Latest | undefined) => Promise<Latest | undefined>,
): Promise<void> {
  const { namespace = 'default' } = version.metadata;
  const name = version.spec.modelName;
  await state.models.locked(namespace, name, async () => {
    const known = await state.models.read(namespace, name);
    if (known === undefined) return;
    const { latestVersion: before, ...status } = known.status ?? {};
    const latestVersion = await change(before);
    await state.models.write({
      ...known,
      status: { ...status, ...(latestVersion === undefined ? {} : { latestVersion }) },
    });
  });
}

function newestOf(versions: readonly ModelVersion[]): Latest | undefined {
  const finished = versions
    .filter(({ status }) => isReady(status))
    .sort((a, b) => (a.status?.finishTime ?? '').localeCompare(b.status?.finishTime ?? ''));
  const newest = finished.at(-1);
  const { image, digest, record } = newest?.status ?? {};
  return newest === undefined || image === undefined || digest === undefined
    ? undefined
    : latestOf(newest, { image, digest, record });
}

function latestOf({ metadata }: ModelVersion, { image, digest, record }: LatestImage): Latest {
  const known = record === undefined ? {} : { record };
  return { modelVersion: metadata.name, imageName: image, digest, ...known };
}
