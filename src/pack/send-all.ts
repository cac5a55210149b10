import type { PlannedLayer } from '../image/plan.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { ImageStore, Target } from '../oci/target.ts';
import type { Progress, ProgressLayer } from '../telemetry/progress.ts';
import { layerSource, type Compression } from './layer-source.ts';
import { runPool } from './pool.ts';
import { probableDigest, tagExists, type Previous } from './previous.ts';
import { ReadPace } from './read-pace.ts';
import { sendBaseBlob, sendLayer, type Sending, type SentBlob } from './send-blob.ts';
import { copySource } from './stored-blobs.ts';

/** Three to four are what registries and their clients are built for, and one thread keeps four busy. */
const STREAMS = 4;

export interface SendRequest {
  readonly target: Target;
  readonly tag: string;
  /** In the image's order. */
  readonly layers: readonly PlannedLayer[];
  readonly base: { readonly store: ImageStore; readonly mountFrom: string | undefined } | undefined;
  /** The layers of the base, of all its platforms. */
  readonly baseBlobs: readonly Descriptor[];
  readonly previous: Previous | undefined;
  readonly overwrite: boolean;
  readonly compression: Compression;
  readonly mediaType: string;
  /** Called when a blob has been stored that was not there. */
  readonly onStored: () => void;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A blob of the image, at the target. */
export interface SentLayer extends SentBlob {
  readonly title: string;
  /** Number of the model's files in it. */
  readonly files: number;
}

export interface SentLayers {
  /** Those of the base, of all its platforms. */
  readonly base: readonly SentLayer[];
  /** Ours, in the image's order. */
  readonly layers: readonly SentLayer[];
  /** Bytes that were read from the model's files. */
  readonly read: number;
}

interface Task {
  readonly title: string;
  readonly size: number;
  readonly files: number;
  send(to: Sending): Promise<SentBlob>;
}

/** Sends the blobs of an image, several at a time and the largest first. */
export async function sendAll(request: SendRequest): Promise<SentLayers> {
  let read = 0;
  const base = baseTasks(request);
  const layers = layerTasks(request, (bytes) => (read += bytes));
  const sent = await runTasks([...base, ...layers], request);
  return { base: sent.slice(0, base.length), layers: sent.slice(base.length), read };
}

/** @returns what was sent, in the order of the tasks */
async function runTasks(tasks: readonly Task[], request: SendRequest): Promise<SentLayer[]> {
  const { target, progress } = request;
  progress.planned({ layers: tasks.length, bytes: tasks.reduce((sum, { size }) => sum + size, 0) });
  const shown = tasks.map((task, index): ProgressLayer & { task: Task } => ({
    index,
    title: task.title,
    size: task.size,
    task,
  }));
  const sent: SentLayer[] = [];
  const largestFirst = shown.toSorted((a, b) => b.size - a.size);
  const send = async (layer: (typeof shown)[number], signal: AbortSignal): Promise<void> => {
    progress.layerStarted(layer);
    const blob = await layer.task.send({
      target,
      signal,
      onBytes: (bytes) => progress.layerBytes(layer, bytes),
    });
    progress.layerDone(layer, blob.action);
    if (blob.action === 'uploaded') request.onStored();
    sent[layer.index] = { ...blob, title: layer.title, files: layer.task.files };
  };
  await runPool(largestFirst, STREAMS, request.signal, send);
  return sent;
}

function baseTasks({ base, baseBlobs }: SendRequest): Task[] {
  if (base === undefined) return [];
  // Platforms of one base share layers.
  const unique = new Map(baseBlobs.map((blob) => [blob.digest, blob]));
  return [...unique.values()].map((blob) => ({
    title: `base ${blob.digest.slice(7, 19)}`,
    size: blob.size,
    files: 0,
    send: (to) =>
      sendBaseBlob(blob, copySource('a layer of the base image', blob, base.store), base.mountFrom, to),
  }));
}

function layerTasks(request: SendRequest, onRead: (bytes: number) => void): Task[] {
  const { target, tag, previous } = request;
  const pace = new ReadPace();
  const refuse = (): void => {
    if (previous !== undefined && !request.overwrite) throw tagExists(target, tag, previous.digest);
  };
  return request.layers.map((layer) => {
    const source = layerSource(layer, request.compression, { pace, onRead });
    const expected = probableDigest(previous, layer, request.mediaType);
    return { ...layer, send: (to) => sendLayer(source, expected, refuse, to) };
  });
}
