import type { Hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** What the thread is asked for, of the hash with this number. */
type Task =
  /** Takes in bytes. */
  | { readonly hash: number; readonly bytes: readonly Uint8Array[] }
  /** Takes in a stretch of an open file. */
  | { readonly hash: number; readonly file: number; readonly from: number; readonly to: number }
  /** Says the digest, and forgets the hash. */
  | { readonly hash: number; readonly digest: true };

type Answer = { readonly digest?: string } | { readonly error: string };

/**
 * The thread. It is handed over as text, since the program may be a single file by then, and so uses nothing from outside
 * of itself. Files are read from the system's cache, where what was written a moment ago still is.
 */
function thread(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { readSync } = process.getBuiltinModule('node:fs');
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  const hashes = new Map<number, Hash>();
  const readInto = (hash: Hash, file: number, from: number, to: number): void => {
    for (let position = from; position < to;) {
      const count = readSync(file, buffer, 0, Math.min(buffer.length, to - position), position);
      if (count === 0) throw new Error('a partial file became shorter');
      hash.update(buffer.subarray(0, count));
      position += count;
    }
  };
  const answer = (task: Task): Answer => {
    const hash = hashes.get(task.hash) ?? createHash('sha256');
    hashes.set(task.hash, hash);
    if ('file' in task) readInto(hash, task.file, task.from, task.to);
    else if ('bytes' in task) for (const bytes of task.bytes) hash.update(bytes);
    else hashes.delete(task.hash);
    return 'digest' in task ? { digest: hash.digest('hex') } : {};
  };
  parentPort?.on('message', (task: Task) => {
    try {
      parentPort.postMessage(answer(task));
    } catch (error) {
      parentPort.postMessage({ error: String(error) });
    }
  });
}

/** Hashes files beside the thread that receives them: one core would be too slow for both. */
export class HashThread {
  #failed: Error | undefined;
  readonly #worker = new Worker(`(${thread.toString()})()`, { eval: true });
  /** Those who wait for answers, which come in the order of the tasks. */
  readonly #waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];

  constructor() {
    this.#worker.on('message', (answer: Answer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a thread that hashes has ended')));
    // Whoever waits for an answer holds the process; a thread that is idle does not.
    this.#worker.unref();
  }

  async ask(task: Task): Promise<string | undefined> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#failed !== undefined) throw this.#failed;
      this.#waiting.push({ resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
    if ('error' in answer) throw new Error(answer.error);
    return answer.digest;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Nobody would answer any more. */
  #fail(error: Error): void {
    this.#failed ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failed);
  }
}

/** As many threads as there is work and room for beside the one that receives: each hashes some 1.5 GB/s. */
export class HashThreads {
  readonly #most: number;
  readonly #threads = new Map<number, HashThread>();

  constructor(most: number) {
    this.#most = Math.max(1, Math.min(most, availableParallelism() - 1));
  }

  /** The thread for a number: the same one each time. */
  get(number: number): HashThread {
    const thread = this.#threads.get(number % this.#most) ?? new HashThread();
    this.#threads.set(number % this.#most, thread);
    return thread;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.end()));
  }
}
