import { randomUUID } from 'node:crypto';
import type { Model } from '../api/model.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import type { Report } from '../pack/report.ts';
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
        creationTimestamp: known?.metadata.creationTimestamp ?? `${new Date().toISOString().slice(0, 19)}Z`,
      },
      spec: { ...known?.spec, ...declared.spec },
      ...(known?.status === undefined ? {} : { status: known.status }),
    });
  });
}

/** Makes a version that has become Ready the latest of its Model. */
export async function publishLatest(state: State, version: ModelVersion, report: Report): Promise<void> {
  const { namespace = 'default', name } = version.metadata;
  const model = version.spec.modelName;
  await state.models.locked(namespace, model, async () => {
    const known = await state.models.read(namespace, model);
    if (known === undefined) return;
    const latestVersion = { modelVersion: name, imageName: report.image, digest: report.digest };
    await state.models.write({ ...known, status: { ...known.status, latestVersion } });
  });
}
