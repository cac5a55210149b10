import { join } from 'node:path';
import { asStowageError } from '../errors.ts';
import { unwritable } from './unwritable.ts';
import { NoRanges } from '../oci/no-ranges.ts';
import type { Progress } from '../telemetry/progress.ts';
import { HashThreads } from './hash-thread.ts';
import type { ReadableStore } from './image.ts';
import type { Interval } from './intervals.ts';
import { PartFile } from './part-file.ts';
import { PartTask } from './part-task.ts';
import { damagedPart, partName, type Part } from './part.ts';
import { RangeWriter } from './range-writer.ts';

/** As many as send: what registries and their clients are built for, and one thread keeps busy. */
const CONNECTIONS = 4;

/** What one request asks for: enough that requests do not count, and that the connections end at about the same time. */
const RANGE_BYTES = 32 * 1024 ** 2;

export interface FetchRequest {
  readonly store: ReadableStore;
  /** Where parts lie until they are whole. */
  readonly directory: string;
  readonly progress: Progress;
  /** Number of the first part in the progress. */
  readonly firstIndex: number;
  /** Called with the number of bytes that have come. */
  readonly onBytes: (bytes: number) => void;
  /** Called with the number of bytes of a part that were there. */
  readonly onResumed: (bytes: number) => void;
  /** Called with each part when it is whole and right: a file that is closed. It is removed afterwards. */
  readonly onWhole: (part: Part, path: string) => Promise<void>;
  /** Whether files stay when they are whole. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Fetches parts of blobs, several ranges at a time and the largest part first, and checks each against its digest. What
 * is there when something fails stays for the next time.
 * @throws RegistryCorrupt, OutOfDisk, Cancelled, and what the store throws
 */
export async function fetchParts(parts: readonly Part[], request: FetchRequest): Promise<void> {
  const fetching = new Fetching(request);
  const queue = parts.map((part, index) => new PartTask(part, request.firstIndex + index));
  queue.sort((a, b) => b.part.length - a.part.length);
  await fetching.run(queue);
}

class Fetching {
  readonly #request: FetchRequest;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #threads = new HashThreads(CONNECTIONS);
  #tasks: readonly PartTask[] = [];
  /** Whether the store gives parts of blobs. */
  #givesRanges = true;

  constructor(request: FetchRequest) {
    this.#request = request;
    this.#signal = AbortSignal.any([request.signal, this.#stop.signal]);
  }

  async run(tasks: readonly PartTask[]): Promise<void> {
    this.#tasks = tasks;
    const workers = Array.from({ length: CONNECTIONS }, () => this.#work());
    const failed = (await Promise.allSettled(workers)).find((each) => each.status === 'rejected');
    await Promise.allSettled(tasks.flatMap(({ file }) => (file === undefined ? [] : [file.leave()])));
    await this.#threads.end();
    if (this.#request.signal.aborted) throw asStowageError(this.#request.signal.reason);
    if (this.#stop.signal.aborted) throw asStowageError(this.#stop.signal.reason);
    if (failed !== undefined) throw asStowageError(failed.reason);
  }

  async #work(): Promise<void> {
    try {
      for (let task = this.#next(undefined); task !== undefined; task = this.#next(task))
        await this.#one(task);
    } catch (error) {
      // The first that fails stops the others, and says why.
      const why = unwritable(error, this.#request.directory);
      this.#stop.abort(why);
      throw why;
    }
  }

  /** Where there is more to do it stays with its part, whose bytes then come in order; else it helps with another. */
  #next(last: PartTask | undefined): PartTask | undefined {
    if (this.#signal.aborted) return undefined;
    if (last?.isWaiting === true) return last;
    const waiting = this.#tasks.filter((each) => each.isWaiting);
    return waiting.reduce<PartTask | undefined>(
      (best, each) => (best === undefined || each.active < best.active ? each : best),
      undefined,
    );
  }

  async #one(task: PartTask): Promise<void> {
    task.active += 1;
    try {
      await (task.opening ??= this.#open(task));
      const range = task.ranges.shift();
      if (range !== undefined) await this.#range(task, range);
    } finally {
      task.active -= 1;
    }
    if (task.active > 0 || task.ranges.length > 0 || task.file === undefined || this.#signal.aborted) return;
    // Ranges that the store would not give are missing still.
    task.ranges = this.#missing(task.file);
    if (task.ranges.length === 0) await this.#check(task, task.file);
  }

  async #open(task: PartTask): Promise<void> {
    const { directory, progress } = this.#request;
    progress.layerStarted(task.shown);
    const file = await PartFile.open(task.part, {
      path: join(directory, partName(task.part)),
      thread: this.#threads.get(task.shown.index),
      signal: this.#signal,
    });
    task.file = file;
    this.#request.onResumed(file.resumed);
    if (file.resumed > 0) progress.layerBytes(task.shown, file.resumed);
    task.ranges = this.#missing(file);
    task.opened = true;
  }

  async #range(task: PartTask, range: Interval): Promise<void> {
    try {
      await this.#fetch(task, range);
    } catch (error) {
      if (!(error instanceof NoRanges)) throw error;
      this.#withoutRanges();
    }
  }

  /** From here on each part comes whole, from the beginning of its blob, on one connection. */
  #withoutRanges(): void {
    this.#givesRanges = false;
    for (const task of this.#tasks) {
      // What is under way fails too, and whoever fails last begins anew.
      if (task.file !== undefined && task.opened)
        task.ranges = task.active > 0 ? [] : this.#missing(task.file);
    }
  }

  #missing(file: PartFile): Interval[] {
    if (this.#givesRanges) return file.missing(RANGE_BYTES);
    const [first] = file.missing(Infinity);
    return first === undefined ? [] : [{ from: first.from, to: file.part.length }];
  }

  async #fetch({ part, file, shown }: PartTask, { from, to }: Interval): Promise<void> {
    if (file === undefined) return;
    const { store, progress, onBytes } = this.#request;
    const writer = new RangeWriter(file, from);
    // A store that gives blobs from their beginning only has to be heard from there.
    let skip = this.#givesRanges ? 0 : part.from + from;
    const start = part.from + from - skip;
    try {
      for await (const chunk of store.readRange(part.blob, start, skip + to - from, this.#signal)) {
        onBytes(chunk.length);
        const wanted = chunk.subarray(skip);
        skip -= chunk.length - wanted.length;
        await writer.add(wanted);
        progress.layerBytes(shown, wanted.length);
      }
    } finally {
      await writer.end();
    }
  }

  /** Whole and right, it is given away. What an earlier process left may be wrong: it is then fetched once more. */
  async #check(task: PartTask, file: PartFile): Promise<void> {
    const { part, shown } = task;
    task.file = undefined;
    if (await file.isRight()) {
      await file.leave();
      await this.#request.onWhole(part, file.path);
      if (this.#request.keep !== true) await file.remove();
      this.#request.progress.layerDone(shown, file.resumed > 0 ? 'resumed' : 'pulled');
      return;
    }
    if (file.resumed === 0 || task.triedAgain) {
      await file.leave();
      await file.remove();
      throw damagedPart(part, this.#request.store.name);
    }
    task.triedAgain = true;
    task.file = file;
    this.#request.progress.layerBytes(shown, -part.length);
    task.ranges = this.#missing(file);
  }
}
