import type { z } from 'zod';
import { ModelVersionStatus } from '../../api/status.ts';
import type { KeptUpload, KeptUploads } from '../../oci/kept-uploads.ts';

/** Whoever reads the end of the log finds the uploads there, though progress is told every second. Milliseconds. */
const SAY_AGAIN_MS = 4_000;

/**
 * Keeps uploads beyond the end of a pod: what there is stands in the log, from where the controller puts it into the
 * status of the ModelVersion, and the next pod has it from there. A pod builds one image in one repository.
 */
export class PrintedUploads implements KeptUploads {
  readonly #out: NodeJS.WritableStream;
  readonly #uploads: Map<string, string>;
  readonly #taken = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param left JSON of what an earlier pod has left */
  constructor(out: NodeJS.WritableStream, left: string | undefined) {
    this.#out = out;
    this.#uploads = new Map(parsed(left).map(({ key, location }) => [key, location]));
  }

  take(_repository: string, key: string): Promise<string | undefined> {
    const location = this.#taken.has(key) ? undefined : this.#uploads.get(key);
    if (location !== undefined) this.#taken.add(key);
    return Promise.resolve(location);
  }

  keep(_repository: string, key: string, location: string): Promise<void> {
    this.#taken.add(key);
    this.#uploads.set(key, location);
    return this.#say();
  }

  forget(_repository: string, key: string): Promise<void> {
    this.#taken.delete(key);
    return this.#uploads.delete(key) ? this.#say() : Promise.resolve();
  }

  release(_repository: string, key: string): Promise<void> {
    this.#taken.delete(key);
    return Promise.resolve();
  }

  takeLeftovers(_repository: string, keys: ReadonlySet<string>): Promise<readonly KeptUpload[]> {
    const left = [...this.#uploads].filter(([key]) => !keys.has(key) && !this.#taken.has(key));
    for (const [key] of left) this.#uploads.delete(key);
    if (left.length > 0) void this.#say();
    return Promise.resolve(left.map(([key, location]) => ({ key, location })));
  }

  /** Nothing is said after it. */
  close(): void {
    clearInterval(this.#timer);
  }

  #say(): Promise<void> {
    const uploads = [...this.#uploads].map(([key, location]) => ({ key, location }));
    this.#out.write(`${JSON.stringify({ event: 'uploads', uploads })}\n`);
    this.#timer ??= setInterval(() => {
      if (this.#uploads.size > 0) void this.#say();
    }, SAY_AGAIN_MS).unref();
    return Promise.resolve();
  }
}

function parsed(left: string | undefined): readonly KeptUpload[] {
  try {
    return Left.safeParse(JSON.parse(left ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}

const Left: z.ZodType<KeptUpload[]> = ModelVersionStatus.shape.uploads.unwrap();
