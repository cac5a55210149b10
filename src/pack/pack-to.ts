import { isDigest } from '../oci/digest.ts';
import { StowageError } from '../errors.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { Compression } from './layer-source.ts';
import { openPlace, type OpenOptions, type Place } from './open-target.ts';
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
  readonly open: OpenOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Makes an image of a folder and puts it where a reference says.
 * @throws whatever openPlace and pack throw
 */
export async function packTo(request: PackToRequest): Promise<Report> {
  const place = await openPlace(request.to, request.open);
  if (isDigest(place.tag)) {
    throw new StowageError('UsageInvalid', `${request.to} names a digest; an image is pushed to a tag`);
  }
  const basePlace = request.base === undefined ? undefined : await openPlace(request.base, request.open);
  try {
    const base = basePlace === undefined ? undefined : baseOf(basePlace, place);
    return await pack({ ...request, target: place.target, tag: place.tag, base });
  } finally {
    await Promise.all([place.target.close(), basePlace?.target.close()]);
  }
}

function baseOf(from: Place, to: Place): Base {
  const sameHost = from.repository !== undefined && from.repository.host === to.repository?.host;
  return { store: from.target, reference: from.tag, mountFrom: sameHost ? from.repository.name : undefined };
}
