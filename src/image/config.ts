import type { ModelFacts } from '../artifact/artifact.ts';
import { MEDIA, type ImageConfig, type Platform } from '../oci/manifest.ts';
import type { BasePlatform } from './base.ts';
import { makeDocument, type Document } from './document.ts';
import { factLabels } from './facts.ts';
import { EPOCH, type HistoryEntry } from './history.ts';
import type { ImageLayer } from './manifest.ts';

/**
 * What an image without a base says it is for. The field is required (OCI image-spec, config.md) though nothing in
 * the image depends on it; a plain manifest of any platform can be mounted on every node.
 */
export const SCRATCH_PLATFORM: Platform = { architecture: 'amd64', os: 'linux' };

export interface ConfigInput {
  /** Undefined for an image from scratch. */
  readonly base: BasePlatform | undefined;
  /** Ours, in the image's order. */
  readonly layers: readonly ImageLayer[];
  readonly facts: ModelFacts;
}

/** The image's config. No time, tool version or host name: the same input gives the same bytes everywhere. */
export function buildConfig({ base, layers, facts }: ConfigInput): Document {
  const config: ImageConfig = {
    ...(base?.platform ?? SCRATCH_PLATFORM),
    config: withLabels(base?.config ?? {}, { ...base?.labels, ...factLabels(facts) }),
    rootfs: { type: 'layers', diff_ids: [...(base?.diffIds ?? []), ...layers.map(({ diffId }) => diffId)] },
    history: [...(base?.history ?? []), ...layers.map(historyOf)],
  };
  return makeDocument(MEDIA.config, config);
}

/**
 * One entry for each layer, each with a time: without, buildah refuses to build on the image and umoci fails to
 * unpack it, though the specification calls both optional.
 */
function historyOf({ title }: ImageLayer): HistoryEntry {
  return { created: EPOCH, created_by: `stowage: ${title}` };
}

function withLabels(
  config: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.keys(labels).length === 0 ? { ...config } : { ...config, Labels: labels };
}
