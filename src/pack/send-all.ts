import type { PlannedLayer } from '../image/plan.ts';
import type { BlobResult } from '../oci/blob.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { ImageStore, Target } from '../oci/target.ts';
import type { Progress, ProgressLayer } from '../telemetry/progress.ts';
import { askAhead } from './ask-ahead.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Earlier } from './earlier.ts';
import { layerSource, type Compression } from './layer-source.ts';
import { runPool } from './pool.ts';
import { tagExists, type Previous } from './previous.ts';
import { ReadPace } from './read-pace.ts';
import { sendBaseBlob, sendLayer, type Sending, type SentBlob } from './send-blob.ts';
import { SendRoom } from './send-room.ts';
import { copySource } from './stored-blobs.ts';
import { likely, type Way } from './way.ts';

export interface SendRequest {
  readonly target: Target;
  readonly tag: string;
  /** In the image's order. */
  readonly layers: readonly PlannedLayer[];
  readonly base: { readonly store: ImageStore; readonly mountFrom: string | undefined } | undefined;
  /** The layers of the base, of all its platforms. */
  readonly baseBlobs: readonly Descriptor[];
  /** What the tag points at. */
  readonly previous: Previous | undefined;
  readonly earlier: Earlier | undefined;
  /** Of the layers, in their order. */
  readonly ways: readonly Way[];
  readonly overwrite: boolean;
  readonly compression: Compression;
  readonly mediaType: string;
  /** What all that is sent has to share. Default: as much as there is. */
  readonly bandwidth?: Bandwidth | undefined;
  /** Called when a blob has been stored that was not there. */
  readonly onStored: () => void;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A blob of the image, at the target. */
export interface SentLayer extends Omit<SentBlob, 'files'> {
  readonly title: string;
  /** Number of the model's files in it. */
  readonly files: number;
  /** Of a layer that was read: what its reading showed of its files. */
  readonly contents: BlobResult['files'] | undefined;
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
  const layers = await layerTasks(request, (bytes) => (read += bytes));
  const sent = await runTasks([...base, ...layers], request);
  return { base: sent.slice(0, base.length), layers: sent.slice(base.length), read };
}

/** @returns what was sent, in the order of the tasks */
async function runTasks(tasks: readonly Task[], request: SendRequest): Promise<SentLayer[]> {
  const { target, progress, bandwidth } = request;
  const room = new SendRoom();
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
      ...{ target, signal, bandwidth },
      onBytes: (bytes) => progress.layerBytes(layer, bytes),
      onSent: (bytes) => room.sent(bytes),
      onTrouble: () => room.trouble(),
    });
    progress.layerDone(layer, blob.action);
    if (blob.action === 'uploaded') request.onStored();
    sent[layer.index] = { ...blob, title: layer.title, files: layer.task.files, contents: blob.files };
  };
  await runPool(largestFirst, room, request.signal, send);
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

async function layerTasks(request: SendRequest, onRead: (bytes: number) => void): Promise<Task[]> {
  const { target, tag, ways, earlier } = request;
  const reading = { pace: new ReadPace(), onRead };
  const tagged = request.previous && { image: request.previous, store: target };
  const refuse = (): void => {
    if (tagged !== undefined && !request.overwrite) throw tagExists(target, tag, tagged.image.digest);
  };
  const there = await askAhead(target, ways, request.signal);
  return request.layers.map((planned, index) => {
    const task = {
      ...{ planned, refuse, there },
      source: layerSource(planned, request.compression, reading),
      way: ways[index] ?? { how: 'send' as const },
      likely: likely(planned, { tagged, overwrite: request.overwrite, earlier }),
      mountFrom: earlier?.mountFrom,
    };
    return { ...planned, send: (to) => sendLayer(task, to) };
  });
}
