import type { ModelVersionObject } from '../api/resources.ts';
import type { Change } from '../kube/cache.ts';

/** Versions by the Model that they name, as changes tell of them. */
export class VersionsOfModels {
  readonly #byModel = new Map<string, Map<string, ModelVersionObject>>();

  /** @param modelKey `namespace/name` */
  of(modelKey: string): readonly ModelVersionObject[] {
    return [...(this.#byModel.get(modelKey)?.values() ?? [])];
  }

  take(change: Change<ModelVersionObject>): void {
    const { object } = change;
    const key = modelKeyOf(object);
    if (key === undefined) return;
    const versions = this.#byModel.get(key) ?? new Map<string, ModelVersionObject>();
    if (change.type === 'delete') versions.delete(object.metadata.uid);
    else versions.set(object.metadata.uid, object);
    if (versions.size === 0) this.#byModel.delete(key);
    else this.#byModel.set(key, versions);
  }
}

/** The Model that a version names; KubeDL lets a version name none. A version never changes its Model. */
export function modelKeyOf({ metadata, spec }: ModelVersionObject): string | undefined {
  const { modelName } = (spec as Partial<ModelVersionObject['spec']> | undefined) ?? {};
  return modelName === undefined || modelName === '' ? undefined : `${metadata.namespace ?? ''}/${modelName}`;
}
