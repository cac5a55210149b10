import { readThrough, type BlobResult, type BlobSource } from '../oci/blob.ts';
import type { Digest } from '../oci/digest.ts';
import type { PlannedLayer } from '../image/plan.ts';
import { MEDIA, type Descriptor } from '../oci/manifest.ts';
import { canMount, type Target } from '../oci/target.ts';
import type { RecordedLayer } from '../record/record.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { LayerAction } from './report.ts';
import { looksLike } from './samples.ts';
import type { Way } from './way.ts';

/** A blob that the target has, and how it came there. */
export interface SentBlob extends BlobResult {
  readonly action: LayerAction;
  /** Bytes that were handed over for it, those of failed attempts included. */
  readonly sent: number;
  /** Of a layer that was not read: what was known of it. */
  readonly recorded?: RecordedLayer;
}

export interface Sending {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** Told of bytes as they go; negative when an attempt starts again. */
  readonly onBytes: (bytes: number) => void;
  /** Told of bytes that are handed over, each time they are. */
  readonly onSent: (bytes: number) => void;
  /** Told when something failed that is tried again. */
  readonly onTrouble: () => void;
  readonly bandwidth: Bandwidth | undefined;
}

/** What is known of a layer before it is sent. */
export interface LayerTask {
  readonly planned: PlannedLayer;
  readonly source: BlobSource;
  readonly way: Way;
  /** Whether it is known to be the expected one before it was hashed: see `likely`. */
  readonly likely: boolean;
  /** What the target is known to have. */
  readonly there: ReadonlySet<Digest>;
  /** Another repository on the target's registry that may have it. */
  readonly mountFrom: string | undefined;
  /** Called before a layer is sent that is not the one that was expected; it may throw. */
  readonly refuse: () => void;
}

/**
 * Brings a layer to the target. What it is known to be, or turns out to be when it is hashed, is not sent where the
 * target has it or can take it from its neighbour.
 */
export async function sendLayer(task: LayerTask, to: Sending): Promise<SentBlob> {
  const { source, way, refuse } = task;
  if (way.how === 'recorded') return sendRecorded(task, way.layer, to);
  const expected = await expectedDigest(task, to.signal);
  if (expected === undefined) return send(source, to);
  const result = await readThrough(source.open(to.signal), to.onBytes);
  if (result.digest !== expected) refuse();
  else {
    const action = await withoutSending({ ...result, mediaType: MEDIA.layer }, task.mountFrom, to);
    if (action !== undefined) return { ...result, action, sent: 0 };
  }
  to.onBytes(-result.size);
  return send(source, to);
}

async function sendRecorded(task: LayerTask, layer: RecordedLayer, to: Sending): Promise<SentBlob> {
  const { digest, diffId, size } = layer;
  const there = task.there.has(digest);
  if (!there && !(await mounted(layer, task.mountFrom, to))) return send(task.source, to);
  to.onBytes(size);
  return { digest, diffId, size, action: there ? 'recorded' : 'mounted', sent: 0, recorded: layer };
}

/** What a layer is expected to be, where it is worth hashing before it is sent. */
async function expectedDigest(
  { planned, way, likely, refuse }: LayerTask,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  if (way.how === 'hash') return way.expected.digest;
  if (way.how !== 'sample') return undefined;
  const alike = await looksLike(planned, way.like, signal);
  if (alike === false) refuse();
  return (alike ?? likely) ? way.like.layer.digest : undefined;
}

/** @returns how the target came to have a blob without being sent it; undefined where it does not have it */
async function withoutSending(
  blob: Descriptor,
  mountFrom: string | undefined,
  to: Sending,
): Promise<'exists' | 'mounted' | undefined> {
  if (await to.target.hasBlob(blob.digest, to.signal, blob.size, to.onTrouble)) return 'exists';
  return (await mounted(blob, mountFrom, to)) ? 'mounted' : undefined;
}

async function mounted(
  { mediaType, digest, size }: Descriptor,
  mountFrom: string | undefined,
  { target, signal, onTrouble }: Sending,
): Promise<boolean> {
  if (mountFrom === undefined || !canMount(target)) return false;
  return target.mountBlob({ mediaType, digest, size }, mountFrom, signal, onTrouble);
}

/** Brings a blob of a base image to the target: it is there, or it is mounted, or it is copied. */
export async function sendBaseBlob(
  blob: Descriptor,
  source: BlobSource,
  mountFrom: string | undefined,
  to: Sending,
): Promise<SentBlob> {
  const action = await withoutSending(blob, mountFrom, to);
  if (action === undefined) return send(source, to);
  to.onBytes(blob.size);
  return { digest: blob.digest, diffId: blob.digest, size: blob.size, action, sent: 0 };
}

async function send(source: BlobSource, to: Sending): Promise<SentBlob> {
  const { target, signal, onBytes, onTrouble, bandwidth } = to;
  let sent = 0;
  // What went in an attempt that failed went all the same; what an earlier process sent did not.
  const onSent = (bytes: number): void => {
    sent += bytes;
    to.onSent(bytes);
  };
  const write = { signal, onBytes, onSent, onTrouble, throttle: bandwidth };
  const result = await target.writeBlob(source, write);
  // Nothing was sent of what an earlier process had sent.
  return { ...result, action: sent === 0 ? 'exists' : 'uploaded', sent };
}
