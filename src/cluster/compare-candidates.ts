import { BUILDERS, type BuilderName } from '../api/builder-name.ts';
import { API_VERSION } from '../api/group.ts';
import { OBJECT_NAME } from '../api/grammar.ts';
import type { ModelVersion } from '../api/modelversion.ts';

/** Of OCI (distribution-spec, "Pulling manifests"). */
const MAX_TAG = 128;

/** A version to be built for the comparison, by one builder. */
export interface Candidate {
  readonly builder: BuilderName;
  readonly version: ModelVersion;
}

/**
 * The same version, once for each builder. Names and tags are new ones, and so is the Model: neither an image nor what
 * a Model calls its latest version changes by a comparison.
 * @param run tells runs apart: letters and digits
 */
export function candidatesOf({ metadata, spec }: ModelVersion, run: string): Candidate[] {
  const { namespace, labels } = metadata;
  const tag = spec.imageTag ?? metadata.name;
  return BUILDERS.map((builder) => {
    const end = `-compare-${run}-${builder}`;
    const named = {
      ...spec,
      // It is deleted after the comparison.
      modelName: cut(spec.modelName, OBJECT_NAME.max, `-compare-${run}`),
      imageTag: cut(tag, MAX_TAG, end),
      builder,
      overwrite: false,
      suspend: false,
    };
    const name = cut(metadata.name, OBJECT_NAME.max, end);
    return {
      builder,
      version: {
        apiVersion: API_VERSION,
        kind: 'ModelVersion',
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          // A cluster may ask for some.
          ...(labels === undefined ? {} : { labels }),
        },
        spec: named,
      },
    };
  });
}

/** What is cut must not end in a dot or a dash, as no part of a name may. */
function cut(start: string, max: number, end: string): string {
  return `${start.slice(0, max - end.length).replace(/[^A-Za-z0-9]+$/, '')}${end}`;
}
