import { isDigest } from '../oci/digest.ts';
import { messageOf, StowageError } from '../errors.ts';
import { storageHash } from '../record/make.ts';
import type { PreviousImage, RecordPins } from '../record/pins.ts';
import type { VerifySource } from '../record/reusable.ts';
import type { Progress } from '../telemetry/progress.ts';
import { EarlierFinder } from './find-earlier.ts';
import { Bandwidth } from './bandwidth.ts';
import type { Compression } from './layer-source.ts';
import { liesInside } from './lies-inside.ts';
import { openForReading, openPlace, type OpenOptions, type Place } from './open-target.ts';
import { pack, type Base } from './pack.ts';
import type { Report } from './report.ts';

export interface PackToRequest {
  /** The folder that holds the model. */
  readonly directory: string;
  /** A reference as openPlace takes it. */
  readonly to: string;
  readonly base: string | undefined;
  readonly overwrite: boolean;
  readonly compression: Compression;
  /** Bytes that the model may have. Default: any number. */
  readonly maxBytes?: number | undefined;
  /** Names the storage that the folder lies on: `nfs:SERVER:PATH`. Without it no record is made, and none is used. */
  readonly storage?: string | undefined;
  /** An image of the same model whose layers are probably among those of this one. Default: what the pins say. */
  readonly previous?: PreviousImage | undefined;
  /** Default: `changed`. */
  readonly verifySource?: VerifySource | undefined;
  /** Who says which records are ours. Default: nobody. */
  readonly pins?: RecordPins | undefined;
  /** Bytes per second that may be sent. Default: any number. */
  readonly bandwidth?: number | undefined;
  readonly open: OpenOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Makes an image of a folder and puts it where a reference says.
 * @throws whatever openPlace and pack throw, and UsageInvalid for a target that no image can go to
 */
export async function packTo(request: PackToRequest): Promise<Report> {
  const { storage, previous, pins, open } = request;
  const place = await openPlace(request.to, open);
  await refuseTarget(place, request);
  const basePlace =
    request.base === undefined
      ? undefined
      : await openPlace(request.base, openForReading(request.base, place, open));
  const finder = new EarlierFinder({ to: place, storage, previous, pins, open });
  try {
    const base = basePlace === undefined ? undefined : baseOf(basePlace, place);
    const earlier = finder.find.bind(finder);
    const bandwidth = request.bandwidth === undefined ? undefined : new Bandwidth(request.bandwidth);
    const { target, tag } = place;
    const host = place.repository?.host;
    const report = await pack({ ...request, target, tag, host, base, earlier, bandwidth });
    await remember(report, place, request);
    return report;
  } finally {
    await Promise.all([place.target.close(), basePlace?.target.close(), finder.close()]);
  }
}

/** What cannot be remembered makes the next build longer, and this one no worse. */
async function remember(
  { digest, record }: Report,
  { target }: Place,
  { storage, pins, progress }: PackToRequest,
): Promise<void> {
  if (record === undefined || storage === undefined || pins === undefined) return;
  try {
    await pins.add({ repository: target.name, image: digest, record, storage: storageHash(storage) });
  } catch (error) {
    progress.warning(
      `it cannot be remembered what was built, so the next build may read everything: ${messageOf(error)}`,
    );
  }
}

/** @throws UsageInvalid for a target that no image can go to */
export async function refuseTarget(
  { tag, directory }: Place,
  { to, directory: source }: Pick<PackToRequest, 'to' | 'directory'>,
): Promise<void> {
  if (isDigest(tag)) {
    throw new StowageError('UsageInvalid', `${to} names a digest; an image is pushed to a tag`);
  }
  if (directory !== undefined && (await liesInside(directory, source))) {
    throw new StowageError('UsageInvalid', `${to} lies inside ${source}, which it is made of`, {
      hint: 'Name a directory outside of the model, or the image would be a part of the model next time.',
    });
  }
}

function baseOf(from: Place, to: Place): Base {
  const sameHost = from.repository !== undefined && from.repository.host === to.repository?.host;
  return { store: from.target, reference: from.tag, mountFrom: sameHost ? from.repository.name : undefined };
}
