import type { BlobResult, BlobSource, BlobStream } from '../oci/blob.ts';
import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { canMount, type Target } from '../oci/target.ts';
import type { LayerAction } from './report.ts';

/** A blob that the target has, and how it came there. */
export interface SentBlob extends BlobResult {
  readonly action: LayerAction;
  /** Bytes that were handed over for it, those of failed attempts included. */
  readonly sent: number;
}

export interface Sending {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** Told of bytes as they go; negative when an attempt starts again. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings a layer to the target. Where it `expected`s the target to have it, the layer is read first and sent only if
 * its digest turns out to be another; before that `refuse` may throw.
 */
export async function sendLayer(
  source: BlobSource,
  expected: Digest | undefined,
  refuse: () => void,
  to: Sending,
): Promise<SentBlob> {
  if (expected === undefined) return send(source, to);
  const result = await readThrough(source.open(to.signal), to.onBytes);
  if (result.digest !== expected) refuse();
  else if (await to.target.hasBlob(expected, to.signal, result.size))
    return { ...result, action: 'exists', sent: 0 };
  to.onBytes(-result.size);
  return send(source, to);
}

/** Brings a blob of a base image to the target: it is there, or it is mounted, or it is copied. */
export async function sendBaseBlob(
  blob: Descriptor,
  source: BlobSource,
  mountFrom: string | undefined,
  to: Sending,
): Promise<SentBlob> {
  const { target, signal } = to;
  const free = (action: LayerAction): SentBlob => {
    to.onBytes(blob.size);
    return { digest: blob.digest, diffId: blob.digest, size: blob.size, action, sent: 0 };
  };
  if (await target.hasBlob(blob.digest, signal, blob.size)) return free('exists');
  if (mountFrom !== undefined && canMount(target) && (await target.mountBlob(blob, mountFrom, signal)))
    return free('mounted');
  return send(source, to);
}

async function send(source: BlobSource, { target, signal, onBytes }: Sending): Promise<SentBlob> {
  let sent = 0;
  const count = (bytes: number): void => {
    // What went in an attempt that failed went all the same.
    if (bytes > 0) sent += bytes;
    onBytes(bytes);
  };
  const result = await target.writeBlob(source, { signal, onBytes: count });
  return { ...result, action: 'uploaded', sent };
}

async function readThrough(stream: BlobStream, onBytes: (bytes: number) => void): Promise<BlobResult> {
  for await (const chunk of stream) onBytes(chunk.length);
  return stream.result();
}
