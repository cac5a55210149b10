import type { ModelFacts } from '../artifact/artifact.ts';
import { type Descriptor, type Platform } from '../oci/manifest.ts';
import type { BaseImage, BasePlatform } from './base.ts';
import { buildConfig, SCRATCH_PLATFORM } from './config.ts';
import type { Document } from './document.ts';
import { factLabels } from './facts.ts';
import { buildIndex, buildManifest, layerDescriptor, type ImageLayer } from './manifest.ts';

/** The image for one platform. */
interface PlatformImage {
  readonly platform: Platform;
  readonly config: Document;
  readonly manifest: Document;
  /** All of the manifest's layers, those of the base first. */
  readonly layers: readonly Descriptor[];
}

export interface Image {
  /** At least one, in the order of the base. */
  readonly platforms: readonly PlatformImage[];
  /** What a tag names and whose digest is the image's: the index where there are several platforms, else the manifest. */
  readonly root: Document;
}

export interface ImageInput {
  readonly layers: readonly ImageLayer[];
  readonly facts: ModelFacts;
  /** Undefined for an image from scratch. */
  readonly base?: BaseImage | undefined;
}

/** Puts the documents of an image together: the same layers on top of each platform of the base, or on nothing. */
export function assembleImage({ layers, facts, base }: ImageInput): Image {
  const annotations = { ...factLabels(facts), ...baseAnnotations(base) };
  const build = (below: BasePlatform | undefined): PlatformImage => {
    const config = buildConfig({ base: below, layers, facts });
    const all = [...(below?.layers ?? []), ...layers.map(layerDescriptor)];
    const manifest = buildManifest({ config: config.descriptor, layers: all, annotations });
    return { platform: below?.platform ?? SCRATCH_PLATFORM, config, manifest, layers: all };
  };
  const [first, ...others] = base?.platforms ?? [undefined];
  const platforms = [build(first), ...others.map(build)] as const;
  const root =
    platforms.length === 1
      ? platforms[0].manifest
      : buildIndex(platforms.map(({ manifest, platform }) => ({ manifest: manifest.descriptor, platform })));
  return { platforms, root };
}

/** OCI image-spec, annotations.md: which image lies below, so that a newer base can be noticed. */
function baseAnnotations(base: BaseImage | undefined): Record<string, string> {
  if (base === undefined) return {};
  return {
    'org.opencontainers.image.base.digest': base.digest,
    ...(base.reference !== undefined && { 'org.opencontainers.image.base.name': base.reference }),
  };
}
