import { LABELS, MANAGED_BY, VERSION_ANNOTATION } from '../api/labels.ts';
import {
  MODELS,
  MODEL_VERSIONS,
  STORAGE_POLICIES,
  type ModelObject,
  type ModelVersionObject,
  type StoragePolicyObject,
} from '../api/resources.ts';
import type { StowageError } from '../errors.ts';
import type { ApiClient } from '../kube/api-client.ts';
import type { Change } from '../kube/cache.ts';
import {
  NAMESPACES,
  PERSISTENT_VOLUMES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  type Namespace,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
} from '../kube/core.ts';
import { keyOf, type KubeObject } from '../kube/object.ts';
import { Reflector } from '../kube/reflector.ts';
import type { Resource } from '../kube/resource.ts';
import { isFinished } from './stage.ts';
import { OwnedObjects } from './owned-objects.ts';
import { VersionsOfModels, modelKeyOf } from './versions-of-models.ts';

export interface WorldOptions {
  readonly api: Pick<ApiClient, 'list' | 'watch'>;
  /** Called with the key of a version that something has happened to. */
  readonly onVersion: (key: string) => void;
  /** Called with the UID of a version that is no more. */
  readonly onGone: (uid: string) => void;
  /** Called with the key of a Model that something has happened to. */
  readonly onModel: (key: string) => void;
  readonly onTrouble: (error: StowageError, resource: string) => void;
}

const OURS = { labelSelector: `${LABELS.managedBy}=${MANAGED_BY}` };

/** Copies of all that decisions are made from, kept up to date, and word of what happens to whom. */
export class World {
  readonly versions: Reflector<ModelVersionObject>;
  readonly models: Reflector<ModelObject>;
  readonly policies: Reflector<StoragePolicyObject>;
  readonly namespaces: Reflector<Namespace>;
  readonly volumes: Reflector<PersistentVolume>;
  readonly versionsOfModels = new VersionsOfModels();
  readonly ownedVolumes = new OwnedObjects<PersistentVolume>();
  readonly ownedClaims = new OwnedObjects<PersistentVolumeClaim>();
  readonly ownedPods = new OwnedObjects<Pod>();
  readonly #claims: Reflector<PersistentVolumeClaim>;
  readonly #pods: Reflector<Pod>;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { onModel, onVersion } = options;
    this.versions = this.#reflector(MODEL_VERSIONS, (change) => this.#versionChanged(change));
    this.models = this.#reflector(MODELS, (change) => {
      onModel(keyOf(change.object.metadata));
    });
    this.policies = this.#reflector(STORAGE_POLICIES, () => this.#wakeUnfinished(() => true));
    this.namespaces = this.#reflector(NAMESPACES, ({ object }) =>
      this.#wakeUnfinished(({ metadata }) => metadata.namespace === object.metadata.name),
    );
    const owned = <T extends KubeObject>(resource: Resource<T>, objects: OwnedObjects<T>) =>
      this.#reflector(
        resource,
        (change) => {
          objects.take(change);
          const key = versionKeyOf(change.object);
          if (key !== undefined) onVersion(key);
        },
        OURS,
      );
    this.volumes = owned(PERSISTENT_VOLUMES, this.ownedVolumes);
    this.#claims = owned(PERSISTENT_VOLUME_CLAIMS, this.ownedClaims);
    this.#pods = owned(PODS, this.ownedPods);
  }

  get #all() {
    const { versions, models, policies, namespaces, volumes } = this;
    return [versions, models, policies, namespaces, volumes, this.#claims, this.#pods];
  }

  get hasSynced(): boolean {
    return this.#all.every((each) => each.hasSynced);
  }

  /** Waits until all copies are complete. Rejects with the signal's reason when that comes first. */
  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((each) => each.synced(signal)));
  }

  async run(stop: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((each) => each.run(stop)));
  }

  #reflector<T extends KubeObject>(
    resource: Resource<T>,
    onChange: (change: Change<T>) => void,
    selection = {},
  ): Reflector<T> {
    const { api, onTrouble } = this.#options;
    return new Reflector({
      ...{ api, resource, selection, onChange },
      onTrouble: (error) => onTrouble(error, resource.plural),
    });
  }

  #versionChanged(change: Change<ModelVersionObject>): void {
    this.versionsOfModels.take(change);
    if (change.type === 'delete') this.#options.onGone(change.object.metadata.uid);
    this.#options.onVersion(keyOf(change.object.metadata));
    const model = modelKeyOf(change.object);
    if (model !== undefined) this.#options.onModel(model);
  }

  /** Versions that may have waited for what has changed. */
  #wakeUnfinished(concerned: (version: ModelVersionObject) => boolean): void {
    for (const version of this.versions.cache.values())
      if (!isFinished(version) && concerned(version)) this.#options.onVersion(keyOf(version.metadata));
  }
}

/** Volumes say in an annotation for which version they were made, the others by their owner. */
function versionKeyOf({ metadata }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === MODEL_VERSIONS.kind);
  if (owner === undefined) return metadata.annotations?.[VERSION_ANNOTATION];
  return `${metadata.namespace ?? ''}/${owner.name}`;
}
