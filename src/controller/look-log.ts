import type { Builder } from '../builders/builder.ts';
import { asStowageError } from '../errors.ts';
import type { Pod } from '../kube/core.ts';
import type { Reader } from './look.ts';
import type { Observed } from './observed.ts';

/**
 * Progress is told every second, what is under way every four. A container runtime cuts lines at 16 KiB and counts the
 * pieces, so the longest that is said of uploads takes several.
 */
const PROGRESS_LINES = 20;
/** What a builder says last can be a page of a proxy. */
const FAILURE_LINES = 200;
/** Of the end of a log, in bytes: the longest line that is said of uploads, and much after it. */
const END_BYTES = 256 * 1024;
/** Milliseconds. A node that does not answer holds up nobody for longer. */
const LOG_MS = 2_000;

/** How far a pod says that it is, and what it has under way. */
export async function lookProgress(
  api: Pick<Reader, 'logs'>,
  { progress, uploads }: Pick<Builder, 'progress' | 'uploads'>,
  pod: Pod,
): Promise<Pick<Observed, 'progress' | 'uploads'>> {
  if (progress === undefined) return { progress: null };
  const log = await logEnd(api, pod, PROGRESS_LINES);
  return { progress: progress(log) ?? null, uploads: uploads?.(log) };
}

/** The end of the log of a pod that has failed. Empty where there is none. */
export function lookLog(api: Pick<Reader, 'logs'>, pod: Pod): Promise<string> {
  return logEnd(api, pod, FAILURE_LINES);
}

/** The end of a pod's log; empty where it cannot be read: that is no reason for a build to fail. */
async function logEnd(api: Pick<Reader, 'logs'>, { metadata }: Pod, tailLines: number): Promise<string> {
  try {
    // Without `limitBytes`, which leaves out the end of the lines that are asked for, and not their beginning.
    const chunks = await api.logs(metadata, { tailLines }, AbortSignal.timeout(LOG_MS));
    return (await lastBytes(chunks, END_BYTES)).toString('utf8');
  } catch (error) {
    if (asStowageError(error).code === 'Internal') throw error;
    return '';
  }
}

async function lastBytes(chunks: AsyncIterable<Uint8Array>, count: number): Promise<Buffer> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    bytes += chunk.length;
    for (let first = kept[0]; first !== undefined && bytes - first.length >= count; first = kept[0]) {
      bytes -= first.length;
      kept.shift();
    }
  }
  return Buffer.concat(kept).subarray(-count);
}
