/** The documents of the OCI image specification v1.1, as far as a model image needs them. */
import { z } from 'zod';
import { StowageError } from '../errors.ts';
import { listOf, texts } from './bounded.ts';
import { isDigest, type Digest } from './digest.ts';
import { MAX_MEDIA_TYPE_LENGTH } from './media-type.ts';

export const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** Registries must accept a manifest of at least 4 MiB (distribution-spec, "Pushing Manifests"); more is not worth reading. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** A person reads a few; a document that is no manifest has one with each member. */
const MAX_PROBLEMS = 3;

const digest = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'expected a sha256 digest',
);

const platform = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
});

const descriptor = z.looseObject({
  mediaType: z.string().max(MAX_MEDIA_TYPE_LENGTH),
  digest,
  size: z.int().nonnegative(),
  annotations: texts.optional(),
  platform: platform.optional(),
});

const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: listOf(descriptor),
  annotations: texts.optional(),
});

const index = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: listOf(descriptor),
  annotations: texts.optional(),
});

const imageConfig = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  config: z.record(z.string(), z.unknown()).nullish(),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: listOf(digest) }),
  history: listOf(z.record(z.string(), z.unknown())).nullish(),
});

export type Platform = z.infer<typeof platform>;
export type Descriptor = z.infer<typeof descriptor>;
export type Manifest = z.infer<typeof manifest>;
export type Index = z.infer<typeof index>;
export type ImageConfig = z.infer<typeof imageConfig>;

export function isIndex(mediaType: string): boolean {
  return mediaType === MEDIA.index || mediaType === MEDIA.dockerIndex;
}

/** @throws RegistryFailed; `what` names the document in the message. */
export const parseManifest = (bytes: Uint8Array, what: string): Manifest => parse(manifest, bytes, what);
export const parseIndex = (bytes: Uint8Array, what: string): Index => parse(index, bytes, what);
export const parseImageConfig = (bytes: Uint8Array, what: string): ImageConfig =>
  parse(imageConfig, bytes, what);

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string): T {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new StowageError(
      'RegistryFailed',
      `${what} has ${bytes.length} bytes, more than the ${MAX_MANIFEST_BYTES} a manifest may have`,
    );
  }
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    const why = error instanceof z.ZodError ? firstOf(error) : 'it is not JSON';
    throw new StowageError('RegistryFailed', `${what} cannot be understood: ${why}`, { cause: error });
  }
}

function firstOf({ issues }: z.ZodError): string {
  return z.prettifyError({ issues: issues.slice(0, MAX_PROBLEMS) });
}
