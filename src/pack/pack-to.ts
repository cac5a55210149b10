import { isDigest } from '../oci/digest.ts';
import { StowageError } from '../errors.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { Compression } from './layer-source.ts';
import { liesInside } from './lies-inside.ts';
import { openPlace, registryHost, type OpenOptions, type Place } from './open-target.ts';
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
  readonly open: OpenOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Makes an image of a folder and puts it where a reference says.
 * @throws whatever openPlace and pack throw, and UsageInvalid for a target that no image can go to
 */
export async function packTo(request: PackToRequest): Promise<Report> {
  const place = await openPlace(request.to, request.open);
  await refuseTarget(place, request);
  const basePlace =
    request.base === undefined
      ? undefined
      : await openPlace(request.base, openForBase(request.base, place, request));
  try {
    const base = basePlace === undefined ? undefined : baseOf(basePlace, place);
    return await pack({ ...request, target: place.target, tag: place.tag, base });
  } finally {
    await Promise.all([place.target.close(), basePlace?.target.close()]);
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

/**
 * That the target's registry is spoken to without TLS says nothing about another one, whose credentials would be sent
 * for all to read. Where the target is a layout, the base's registry is the one that was meant.
 */
export function openForBase(base: string, to: Place, { open }: Pick<PackToRequest, 'open'>): OpenOptions {
  const meant = to.repository === undefined || to.repository.host === registryHost(base);
  const plainHttp = typeof open.plainHttp === 'boolean' ? open.plainHttp && meant : open.plainHttp;
  return { ...open, plainHttp, access: 'pull' };
}

function baseOf(from: Place, to: Place): Base {
  const sameHost = from.repository !== undefined && from.repository.host === to.repository?.host;
  return { store: from.target, reference: from.tag, mountFrom: sameHost ? from.repository.name : undefined };
}
