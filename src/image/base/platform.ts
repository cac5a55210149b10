import type { Digest } from '../../oci/digest.ts';
import {
  MEDIA,
  type Descriptor,
  type ImageConfig,
  type Manifest,
  type Platform,
} from '../../oci/manifest.ts';
import { invalidBase } from './error.ts';
import { canonicalJson } from '../document.ts';
import { normaliseHistory, type HistoryEntry } from '../history.ts';
import { LAYER_LIMITS } from '../plan.ts';

/** A base image for one platform, as far as it goes into ours. */
export interface BasePlatform {
  readonly platform: Platform;
  /** Environment, working directory and so on; see `keptConfig`. Labels are kept apart. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly history: readonly HistoryEntry[];
  /** With OCI media types. As many as there are diffIds, in the same order. */
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly Digest[];
}

/**
 * Layer types we take, and what we call them. Docker's names stand for the same bytes as the OCI's
 * (OCI image-spec, media-types.md, "Compatibility Matrix"). What is missing are layers that must not be redistributed.
 */
const LAYER_TYPES: Readonly<Record<string, string>> = {
  [MEDIA.layer]: MEDIA.layer,
  [MEDIA.layerGzip]: MEDIA.layerGzip,
  [MEDIA.layerZstd]: MEDIA.layerZstd,
  [MEDIA.dockerLayerGzip]: MEDIA.layerGzip,
  'application/vnd.docker.image.rootfs.diff.tar': MEDIA.layer,
  'application/vnd.docker.image.rootfs.diff.tar.zstd': MEDIA.layerZstd,
};

/**
 * What we take of a base for one platform. Its times, author and build steps of the whole are left out: they are
 * about another image than ours.
 * @param platform what the base's index says, which is what nodes choose by; without an index the config says it.
 * @throws BaseInvalid; `what` names the manifest in the message.
 */
export function basePlatform(
  what: string,
  platform: Platform | undefined,
  manifest: Manifest,
  config: ImageConfig,
): BasePlatform {
  const diffIds = config.rootfs.diff_ids;
  if (manifest.layers.length > LAYER_LIMITS.maxLayers) {
    throw invalidBase(
      `${what} has ${manifest.layers.length} layers; runtimes accept ${LAYER_LIMITS.maxLayers}`,
    );
  }
  if (diffIds.length !== manifest.layers.length) {
    throw invalidBase(`${what} has ${manifest.layers.length} layers, but its config lists ${diffIds.length}`);
  }
  return {
    platform: linuxPlatform(what, platform ?? config),
    config: keptConfig(what, config),
    labels: stringLabels(config.config?.Labels),
    history: normaliseHistory(config.history, diffIds.length),
    layers: manifest.layers.map((layer) => ociLayer(what, layer)),
    diffIds,
  };
}

/** `linux/arm64/v8`, fit for messages. */
export function platformName({ os, architecture, variant }: Platform): string {
  const name = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
  return /^[\w./-]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100));
}

function linuxPlatform(what: string, platform: Platform): Platform {
  const { architecture, os, variant } = platform;
  if (os !== 'linux') throw invalidBase(`${what} is for ${platformName(platform)}; models lie on Linux`);
  return variant === undefined ? { architecture, os } : { architecture, os, variant };
}

function ociLayer(what: string, { mediaType, digest, size }: Descriptor): Descriptor {
  const ours = Object.hasOwn(LAYER_TYPES, mediaType) ? LAYER_TYPES[mediaType] : undefined;
  if (ours !== undefined) return { mediaType: ours, digest, size };
  throw invalidBase(
    `${what}: layer ${digest} is of type ${JSON.stringify(mediaType)}, which cannot go into an OCI image`,
  );
}

/**
 * Everything but what would start something: KServe's modelcar sends only arguments, which an Entrypoint would take
 * for its own, and a User may not read what it needs. Compared without case, as Go programs read it.
 */
const CLEARED = new Set(['entrypoint', 'cmd', 'user', 'labels']);

function keptConfig(what: string, { config }: ImageConfig): Record<string, unknown> {
  const kept = Object.fromEntries(
    Object.entries(config ?? {}).filter(([key]) => !CLEARED.has(key.toLowerCase())),
  );
  try {
    canonicalJson(kept);
  } catch (cause) {
    throw invalidBase(`${what}: its config is ${cause instanceof Error ? cause.message : 'no JSON'}`, cause);
  }
  return kept;
}

function stringLabels(labels: unknown): Record<string, string> {
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => typeof label[1] === 'string'),
  );
}
