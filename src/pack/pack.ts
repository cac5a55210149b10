import type { Artifact } from '../artifact/artifact.ts';
import { scanArtifact } from '../artifact/scan.ts';
import { assertUnchanged } from '../artifact/unchanged.ts';
import { messageOf, StowageError } from '../errors.ts';
import type { BaseImage } from '../image/base.ts';
import { assembleImage, type Image } from '../image/image.ts';
import { LAYER_LIMITS, planLayers, type PlannedLayer } from '../image/plan.ts';
import { MEDIA } from '../oci/manifest.ts';
import type { ImageStore, Target } from '../oci/target.ts';
import { formatBytes } from '../telemetry/format.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { Compression } from './layer-source.ts';
import { mustDiffer, readPrevious, tagExists } from './previous.ts';
import { publish } from './publish.ts';
import type { Report } from './report.ts';
import { sendAll, type SentLayers } from './send-all.ts';

export interface PackRequest {
  /** The directory that holds the model. */
  readonly directory: string;
  readonly target: Target;
  readonly tag: string;
  readonly base: Base | undefined;
  /** Whether the tag may move from other content to this. */
  readonly overwrite: boolean;
  readonly compression: Compression;
  /** Bytes that the model may have. Default: any number. */
  readonly maxBytes?: number | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** An image that the layers go on top of. */
export interface Base {
  readonly store: ImageStore;
  /** A tag or digest in the store. */
  readonly reference: string;
  /** The repository on the target's own registry, where it lies there: then its blobs need not be sent. */
  readonly mountFrom: string | undefined;
}

/**
 * Turns the files of a directory into an image at the target. Each byte is read once and sent while it is read;
 * nothing is written elsewhere. The tag is set last, and only if no file has changed meanwhile: whatever fails, no tag
 * points to anything new.
 *
 * @throws StowageError: what the scan, the plan, the base, the target and the comparison afterwards refuse
 */
export async function pack(request: PackRequest): Promise<Report> {
  let stored = 0;
  try {
    return await build(request, () => (stored += 1));
  } catch (error) {
    throw request.signal.aborted ? cancelled(request, stored) : error;
  } finally {
    request.progress.finished();
  }
}

async function build(request: PackRequest, onStored: () => void): Promise<Report> {
  const started = performance.now();
  const { target, tag, signal } = request;
  const artifact = await scanArtifact(request.directory, signal);
  refuseLarge(artifact, request.maxBytes);
  for (const warning of artifact.warnings) request.progress.warning(warning);
  const base = request.base && (await readBase(request.base, signal));
  const planned = plan(artifact, base, request.compression);
  const previous = await readPrevious(target, tag, signal);
  if (previous !== undefined && !request.overwrite && mustDiffer(previous, planned))
    throw tagExists(target, tag, previous.digest);

  const baseBlobs = base?.platforms.flatMap((platform) => platform.layers) ?? [];
  const sent = await sendAll({ ...request, ...planned, baseBlobs, previous, onStored });
  const layers = sent.layers.map((layer) => ({ ...layer, mediaType: planned.mediaType }));
  const image = assembleImage({ layers, facts: artifact.facts, base });
  await assertUnchanged(artifact, signal);
  await publish(image, request);
  return reportOf(image, sent, artifact, { name: `${target.name}:${tag}`, started });
}

/** @throws ModelTooLarge, before anything is read or sent */
export function refuseLarge({ bytes }: Artifact, maxBytes = Infinity): void {
  if (bytes <= maxBytes) return;
  throw new StowageError(
    'ModelTooLarge',
    `the model has ${formatBytes(bytes)}; ${formatBytes(maxBytes)} are allowed`,
    { hint: 'An administrator raises the limit in the StoragePolicy.' },
  );
}

/** Says what an interrupted build leaves behind. */
function cancelled({ target, tag, signal }: PackRequest, stored: number): StowageError {
  const message = `${messageOf(signal.reason)}; ${target.name}:${tag} is as it was before`;
  const hint =
    stored === 0
      ? 'Nothing is left behind.'
      : `Complete layers stay in ${target.name} (${stored}); no tag was set or moved.`;
  return new StowageError('Cancelled', message, { hint, cause: signal.reason });
}

async function readBase({ store, reference }: Base, signal: AbortSignal): Promise<BaseImage> {
  // Most builds have no base, and need not wait for a tar reader to be loaded.
  const { resolveBase } = await import('../image/base.ts');
  return resolveBase(store, reference, signal);
}

interface Plan {
  readonly layers: readonly PlannedLayer[];
  /** Layers of the base, of the platform that has most. */
  readonly baseLayers: number;
  /** Of our layers. */
  readonly mediaType: string;
}

function plan(artifact: Artifact, base: BaseImage | undefined, compression: Compression): Plan {
  const baseLayers = Math.max(0, ...(base?.platforms ?? []).map(({ layers }) => layers.length));
  const layers = planLayers(artifact, { ...LAYER_LIMITS, baseLayers });
  return { layers, baseLayers, mediaType: compression === 'zstd' ? MEDIA.layerZstd : MEDIA.layer };
}

function reportOf(
  image: Image,
  sent: SentLayers,
  artifact: Artifact,
  build: { readonly name: string; readonly started: number },
): Report {
  const { digest } = image.root.descriptor;
  const all = [...sent.base, ...sent.layers];
  return {
    image: `${build.name}@${digest}`,
    digest,
    size: sum(image.platforms[0]?.layers.map(({ size }) => size) ?? []),
    layers: all.map((layer) => ({
      title: layer.title,
      digest: layer.digest,
      size: layer.size,
      files: layer.files,
      action: layer.action,
    })),
    bytes: {
      source: artifact.bytes,
      read: sent.read,
      sent: sum(all.map((layer) => layer.sent)),
      reused: sum(all.filter(({ action }) => action !== 'uploaded').map(({ size }) => size)),
    },
    seconds: Math.round(performance.now() - build.started) / 1000,
    model: artifact.facts,
    warnings: artifact.warnings,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
