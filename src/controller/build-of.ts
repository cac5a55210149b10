import type { ModelVersionObject } from '../api/resources.ts';
import type { Builder, BuilderSettings, BuildTask, ImageTask, PodFiles } from '../builders/builder.ts';
import { builders } from '../builders/builders.ts';
import type { PodSpec } from '../kube/core.ts';
import { isDigest } from '../oci/digest.ts';
import { storageIdentity } from '../storage/kinds.ts';
import { namesOf } from './names.ts';
import { latestReady } from './reconcile-model.ts';
import type { Settings } from './settings.ts';
import { builderOf, tagOf } from './stage.ts';

/** What the administrator says. */
export interface Configured {
  readonly settings: Settings;
  readonly authorities: string | undefined;
}

/** Where and within which limits a version is built. */
export interface BuildPlace extends Pick<
  BuildTask,
  'claimName' | 'subPath' | 'directory' | 'nodes' | 'maxBytes'
> {
  /** How long an attempt may take by the policy; undefined: as long as the settings say. */
  readonly maxSeconds: number | undefined;
}

/** The builder of a version, told what to do by what the version says and by what the administrator says. */
export interface BuildOf extends Pick<Builder, 'progress' | 'uploads' | 'result'> {
  podSpec(place: BuildPlace): PodSpec;
  files(): PodFiles | undefined;
}

/** @param siblings the versions of the same Model, by now */
export function buildOf(
  version: ModelVersionObject,
  configured: Configured,
  siblings: () => readonly ModelVersionObject[],
): BuildOf {
  const { settings } = configured;
  const { podSpec, files, progress, uploads, result } = builders[builderOf(version, settings.builder.use)];
  const image = imageTask(version, settings);
  return {
    progress,
    uploads,
    result,
    podSpec: ({ maxSeconds, ...place }) =>
      podSpec(
        { ...image, ...place, ...earlier(version, siblings()) },
        builderSettings(configured, maxSeconds),
      ),
    files: () => files(image, builderSettings(configured)),
  };
}

function imageTask(version: ModelVersionObject, { builder }: Settings): ImageTask {
  const { spec, metadata, status } = version;
  return {
    spec,
    uid: metadata.uid,
    podName: namesOf(version, status?.attempts ?? 1).pod,
    to: `${spec.imageRepo}:${tagOf(version)}`,
    base: spec.base ?? builder.base,
  };
}

/** What earlier attempts and versions have to do with this one. */
function earlier(
  { spec, metadata, status }: ModelVersionObject,
  siblings: readonly ModelVersionObject[],
): Pick<BuildTask, 'storage' | 'previous' | 'uploads'> {
  return {
    storage: storageIdentity(spec.storage, metadata.namespace ?? ''),
    previous: previousImage(siblings),
    uploads: status?.uploads ?? [],
  };
}

/**
 * The image of the Model that was made last, and what vouches for its record: a status, which nobody but the controller
 * writes. Without a digest it could be any image by now, and is of no use.
 */
function previousImage(versions: readonly ModelVersionObject[]): BuildTask['previous'] {
  const { image = '', digest, record } = latestReady(versions)?.status ?? {};
  if (digest === undefined || !isDigest(digest)) return undefined;
  const [name = ''] = image.split('@');
  return {
    reference: `${name}@${digest}`,
    record: record !== undefined && isDigest(record) ? record : undefined,
  };
}

function builderSettings({ settings, authorities }: Configured, maxSeconds = Infinity): BuilderSettings {
  const { priorityClassName, bandwidth } = settings.builder;
  return {
    ...{ ...settings.builder, priorityClassName, bandwidth, authorities },
    deadline: Math.min(settings.deadlines.build, maxSeconds),
    plainHttp: settings.registries.plainHttp,
    pushSecret: settings.registries.pushSecret,
  };
}
