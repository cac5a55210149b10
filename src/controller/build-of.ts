import type { ModelVersionObject } from '../api/resources.ts';
import type { Builder, BuilderSettings, BuildTask, ImageTask, PodFiles } from '../builders/builder.ts';
import { builders } from '../builders/builders.ts';
import type { PodSpec } from '../kube/core.ts';
import { isDigest } from '../oci/digest.ts';
import { storageIdentity } from '../storage/kinds.ts';
import { leftUploads } from './left-uploads.ts';
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
  /** Of the claim that the version names: one that was made anew under its name has another volume. */
  readonly claimUid: string | undefined;
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
    podSpec: ({ maxSeconds, claimUid, ...place }) =>
      podSpec(
        { ...image, ...place, ...earlier(version, claimUid, siblings()) },
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
  version: ModelVersionObject,
  claimUid: string | undefined,
  siblings: readonly ModelVersionObject[],
): Pick<BuildTask, 'storage' | 'previous' | 'uploads'> {
  const declared = declaredStorage(version);
  return {
    storage: claimUid === undefined ? declared : `${declared}:${claimUid}`,
    previous: previousImage(siblings, declared),
    uploads: leftUploads(version, siblings),
  };
}

function declaredStorage({ spec, metadata }: ModelVersionObject): string {
  return storageIdentity(spec.storage, metadata.namespace ?? '');
}

/**
 * The image of the Model that was made last of those that have a record of the declared storage, since nothing of it need
 * be read; else the last at all. What vouches for the record is a status, which nobody but the controller writes. Without
 * a digest it could be any image by now, and is of no use.
 */
function previousImage(siblings: readonly ModelVersionObject[], declared: string): BuildTask['previous'] {
  const named = siblings.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && isDigest(status?.digest ?? ''),
  );
  const recorded = named.filter(
    (each) => isDigest(each.status?.record ?? '') && declaredStorage(each) === declared,
  );
  const { image = '', digest, record } = (latestReady(recorded) ?? latestReady(named))?.status ?? {};
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
