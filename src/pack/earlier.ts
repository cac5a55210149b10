import { StowageError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { keepsReferrers, type ImageStore } from '../oci/target.ts';
import { MAX_RECORD_BYTES, parseRecord, type DigestRecord } from '../record/record.ts';
import type { Known } from '../record/reusable.ts';
import { readPrevious, type Previous } from './previous.ts';

/** An image that may have layers in common with the one to be built. */
export interface EarlierImage {
  readonly store: ImageStore;
  readonly image: Digest;
  /** The digest of its record, where somebody other than the store vouches for it. */
  readonly record: Digest | undefined;
  /** What it consists of, where that was read already. */
  readonly read?: Previous | undefined;
  /** Its repository, where it is another one of the target's own registry: then its blobs need not be sent. */
  readonly mountFrom: string | undefined;
}

/** The same, after it was read. */
export interface Earlier {
  readonly store: ImageStore;
  readonly image: Previous;
  readonly mountFrom: string | undefined;
  /** Undefined where there is no record, or none that counts. */
  readonly known: Known | undefined;
}

/**
 * What is to be had from an image in another registry, or another layout, is little: its blobs have to be sent anyway. So
 * nobody waits for it for longer than this, in milliseconds, however patient a build is with its own registry.
 */
export const ELSEWHERE = { longest: 10_000 };

/**
 * Reads an earlier image and its record. A record that is gone, damaged or of another storage does not count, and
 * an image that cannot be read is none: the build then takes longer, and ends the same.
 * @param target where the image will go
 * @param storage hash of the identity of the storage that is built from
 */
export async function readEarlier(
  earlier: EarlierImage,
  target: ImageStore,
  storage: string | undefined,
  signal: AbortSignal,
): Promise<Earlier | undefined> {
  if (earlier.store === target || earlier.mountFrom !== undefined) return read(earlier, storage, signal);
  const found = await within(ELSEWHERE.longest, signal, (limited) => read(earlier, storage, limited));
  // Layers that would have to be sent anyway are not worth a comparison.
  return found && { ...found, image: { ...found.image, layers: [] } };
}

async function read(
  { store, image: digest, record: vouched, read: before, mountFrom }: EarlierImage,
  storage: string | undefined,
  signal: AbortSignal,
): Promise<Earlier | undefined> {
  const [image, record] = await Promise.all([
    before ?? unlessRefused(readPrevious(store, digest, signal), signal),
    vouched === undefined ? undefined : unlessRefused(readRecord(store, vouched, signal), signal),
  ]);
  if (image === undefined) return undefined;
  const counts = vouched !== undefined && record !== undefined && record.storage === storage;
  const known = counts ? { record, digest: vouched, layers: image.layers } : undefined;
  return { store, image, mountFrom, known };
}

/** @returns undefined where it takes longer than so many milliseconds */
async function within<T>(
  longest: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const late = AbortSignal.timeout(longest);
  try {
    return await work(AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    return undefined;
  }
}

/** It is read by the digest that somebody vouched for: what the store lists as records is not asked. */
async function readRecord(
  store: ImageStore,
  digest: Digest,
  signal: AbortSignal,
): Promise<DigestRecord | undefined> {
  if (!keepsReferrers(store)) return undefined;
  const bytes = await store.readSmallBlob(digest, MAX_RECORD_BYTES, signal);
  return bytes && parseRecord(bytes);
}

/** Whatever a store refuses to tell of an earlier image is no reason to fail; that the build is given up is one. */
async function unlessRefused<T>(reading: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (signal.aborted || !(error instanceof StowageError)) throw error;
    return undefined;
  }
}
