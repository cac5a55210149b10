import type { ModelVersionObject } from '../api/resources.ts';
import type { Builder, BuilderSettings, BuildTask, ImageTask, PodFiles } from '../builders/builder.ts';
import { builders } from '../builders/builders.ts';
import type { PodSpec } from '../kube/core.ts';
import { namesOf } from './names.ts';
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
export interface BuildOf extends Pick<Builder, 'progress' | 'result'> {
  podSpec(place: BuildPlace): PodSpec;
  files(): PodFiles | undefined;
}

export function buildOf(version: ModelVersionObject, configured: Configured): BuildOf {
  const { settings } = configured;
  const { podSpec, files, progress, result } = builders[builderOf(version, settings.builder.use)];
  const image = imageTask(version, settings);
  return {
    progress,
    result,
    podSpec: ({ maxSeconds, ...place }) =>
      podSpec({ ...image, ...place }, builderSettings(configured, maxSeconds)),
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

function builderSettings({ settings, authorities }: Configured, maxSeconds = Infinity): BuilderSettings {
  const { priorityClassName } = settings.builder;
  return {
    ...{ ...settings.builder, priorityClassName, authorities },
    deadline: Math.min(settings.deadlines.build, maxSeconds),
    plainHttp: settings.registries.plainHttp,
    pushSecret: settings.registries.pushSecret,
  };
}
