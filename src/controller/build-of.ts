import type { ModelVersionObject } from '../api/resources.ts';
import type { BuildTask, BuilderSettings } from '../builders/builder.ts';
import type { BuildPlace } from './observed.ts';
import type { Settings } from './settings.ts';
import { tagOf } from './stage.ts';

/** What a builder is asked to do for a version, by what it says and by what the administrator says. */
export function buildOf(
  version: ModelVersionObject,
  { maxSeconds = Infinity, ...place }: BuildPlace,
  { settings, authorities }: { readonly settings: Settings; readonly authorities: string | undefined },
): [BuildTask, BuilderSettings] {
  const { image, imagePullPolicy, requests, limits, tolerations, priorityClassName } = settings.builder;
  const { spec } = version;
  return [
    {
      ...{ spec, ...place },
      to: `${spec.imageRepo}:${tagOf(version)}`,
      base: spec.base ?? settings.builder.base,
    },
    {
      ...{ image, imagePullPolicy, requests, limits, tolerations, priorityClassName, authorities },
      deadline: Math.min(settings.deadlines.build, maxSeconds),
      plainHttp: settings.registries.plainHttp,
      pushSecret: settings.registries.pushSecret,
    },
  ];
}
