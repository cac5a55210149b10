import type { Artifact } from '../artifact/artifact.ts';
import { scanArtifact } from '../artifact/scan.ts';
import { assertUnchanged } from '../artifact/unchanged.ts';
import { messageOf, StowageError } from '../errors.ts';
import type { BaseImage } from '../image/base.ts';
import { assembleImage, type Image } from '../image/image.ts';
import { LAYER_LIMITS, planLayers } from '../image/plan.ts';
import { MEDIA } from '../oci/manifest.ts';
import type { ImageStore } from '../oci/target.ts';
import { formatBytes } from '../telemetry/format.ts';
import type { Progress } from '../telemetry/progress.ts';
import { keepRecord } from './keep-record.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Compression } from './layer-source.ts';
import { cancelLeftovers, forgetUploads, leftUploads } from './leftovers.ts';
import { lookBack, type LookingBack } from './look-back.ts';
import type { PlannedImage } from './previous.ts';
import { publish } from './publish.ts';
import { imageLayer, recordedLayers } from './recorded-layers.ts';
import type { Report } from './report.ts';
import { refuseLargeLayers } from './refuse-layers.ts';
import { sendAll, type SentLayers } from './send-all.ts';

export interface PackRequest extends LookingBack {
  /** The directory that holds the model. */
  readonly directory: string;
  readonly base: Base | undefined;
  readonly compression: Compression;
  /** Bytes that the model may have. Default: any number. */
  readonly maxBytes?: number | undefined;
  /** `host[:port]` of the registry that the target is in; undefined: it is in none. */
  readonly host?: string | undefined;
  /** Default: as much as there is. */
  readonly bandwidth?: Bandwidth | undefined;
  readonly progress: Progress;
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
  const scannedAt = Date.now();
  const { target, tag, signal } = request;
  const artifact = await scanArtifact(request.directory, signal);
  refuseLarge(artifact, request.maxBytes);
  for (const warning of artifact.warnings) request.progress.warning(warning);
  const base = request.base && (await readBase(request.base, signal));
  const planned = plan(artifact, base, request.compression);
  if (request.host !== undefined && request.compression === 'none')
    refuseLargeLayers(planned.layers, request.host);
  const hindsight = await lookBack(request, planned);

  await cancelLeftovers(target, planned.layers, request.compression, signal);
  const baseBlobs = base?.platforms.flatMap((platform) => platform.layers) ?? [];
  const sent = await sendAll({ ...request, ...planned, ...hindsight, baseBlobs, onStored });
  const layers = recordedLayers(planned, sent.layers, scannedAt);
  const image = assembleImage({ layers: layers.map(imageLayer), facts: artifact.facts, base });
  await assertUnchanged(artifact, signal);
  await publish(image, request);
  const record = await keepRecord(layers, image.root.descriptor, { ...request, ...hindsight });
  await forgetUploads(target, signal);
  const report = reportOf(image, sent, artifact, { name: `${target.name}:${tag}`, started });
  return { ...report, ...(record === undefined ? {} : { record }) };
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
  const left = leftUploads(target);
  const hint =
    stored === 0
      ? left.trim() || 'Nothing is left behind.'
      : `Complete layers stay in ${target.name} (${stored}); no tag was set or moved.${left}`;
  return new StowageError('Cancelled', message, { hint, cause: signal.reason });
}

async function readBase({ store, reference }: Base, signal: AbortSignal): Promise<BaseImage> {
  // Most builds have no base, and need not wait for a tar reader to be loaded.
  const { resolveBase } = await import('../image/base.ts');
  return resolveBase(store, reference, signal);
}

function plan(artifact: Artifact, base: BaseImage | undefined, compression: Compression): PlannedImage {
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
