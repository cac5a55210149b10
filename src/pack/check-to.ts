import type { ModelFacts } from '../artifact/artifact.ts';
import { refuseAbsoluteLinks } from '../artifact/absolute-links.ts';
import { scanArtifact } from '../artifact/scan.ts';
import { resolveBase } from '../image/base.ts';
import { refuseTriggers } from '../image/base/triggers.ts';
import { labelsIn } from './labels-in.ts';
import { openForReading, openPlace, type Place } from './open-target.ts';
import { refuseTarget, type PackToRequest } from './pack-to.ts';
import { refuseLarge } from './pack.ts';
import { tagExists } from './previous.ts';

export interface CheckRequest extends Pick<
  PackToRequest,
  'directory' | 'to' | 'base' | 'overwrite' | 'maxBytes' | 'open' | 'progress' | 'signal'
> {
  /** An image with this label may be replaced without `overwrite`: whoever asks has made it. */
  readonly own: { readonly label: string; readonly value: string };
}

/** What was looked at. */
export interface Checked {
  /** Where the image will go, with its tag. */
  readonly image: string;
  /** Of the model's files. */
  readonly bytes: number;
  readonly model: ModelFacts;
}

/**
 * Whether an image may be made of a directory and put where a reference says, for a builder that asks nobody. Files are
 * listed, their headers read; nothing is sent.
 * @throws what the scan refuses, ModelTooLarge, LinkRefused, BaseNotFound, BaseInvalid, TagExists, and what openPlace and
 * the registry throw
 */
export async function checkTo(request: CheckRequest): Promise<Checked> {
  const { directory, to, base, open, own, overwrite, progress, signal } = request;
  const place = await openPlace(to, open);
  try {
    await refuseTarget(place, request);
    const artifact = await scanArtifact(directory, signal);
    refuseLarge(artifact, request.maxBytes);
    await refuseAbsoluteLinks(directory);
    if (base !== undefined) await checkBase(base, place, request);
    for (const warning of artifact.warnings) progress.warning(warning);
    const { target, tag } = place;
    const before = await target.readManifest(tag, signal);
    if (
      before !== undefined &&
      !overwrite &&
      (await labelsIn(target, before, signal))[own.label] !== own.value
    )
      throw tagExists(target, tag, before.descriptor.digest);
    return { image: `${target.name}:${tag}`, bytes: artifact.bytes, model: artifact.facts };
  } finally {
    progress.finished();
    await place.target.close();
  }
}

async function checkBase(base: string, to: Place, request: CheckRequest): Promise<void> {
  const place = await openPlace(base, openForReading(base, to, request.open));
  try {
    await refuseTriggers(place.target, place.tag, request.signal);
    // Whatever else our own builder refuses, a base with /models for one: its files would be among the model's.
    await resolveBase(place.target, place.tag, request.signal);
  } finally {
    await place.target.close();
  }
}
