import type { z } from 'zod';
import { MAX_UPLOADS, ModelVersionStatus } from '../../api/status.ts';
import type { KeptUpload, KeptUploads } from '../../oci/kept-uploads.ts';
import { MAX_UPLOADS_LINE } from './places.ts';

/** Whoever reads the end of the log finds the uploads there, though progress is told every second. Milliseconds. */
const SAY_AGAIN_MS = 4_000;

/**
 * Keeps uploads beyond the end of a pod: what there is stands in the log, from where the controller puts it into the
 * status of the ModelVersion, and the next pod has it from there. A pod builds one image in one repository.
 */
export class PrintedUploads implements KeptUploads {
  readonly #out: NodeJS.WritableStream;
  readonly #uploads: Map<string, KeptUpload>;
  readonly #taken = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param left JSON of what an earlier pod has left */
  constructor(out: NodeJS.WritableStream, left: string | undefined) {
    this.#out = out;
    this.#uploads = new Map(parsed(left).map((upload) => [upload.key, upload]));
  }

  take(_repository: string, key: string): Promise<KeptUpload | undefined> {
    const upload = this.#taken.has(key) ? undefined : this.#uploads.get(key);
    if (upload !== undefined) this.#taken.add(key);
    return Promise.resolve(upload);
  }

  keep(_repository: string, key: string, location: string): Promise<boolean> {
    this.#taken.add(key);
    this.#put({ key, location });
    return Promise.resolve(true);
  }

  stored(_repository: string, key: string): Promise<void> {
    this.#taken.delete(key);
    this.#put({ key });
    return Promise.resolve();
  }

  forget(_repository: string, key: string): Promise<void> {
    this.#taken.delete(key);
    if (this.#uploads.delete(key)) this.#say();
    return Promise.resolve();
  }

  release(_repository: string, key: string): Promise<void> {
    this.#taken.delete(key);
    return Promise.resolve();
  }

  takeLeftovers(
    _repository: string,
    keys: ReadonlySet<string>,
    limit: number,
  ): Promise<readonly KeptUpload[]> {
    const left = [...this.#uploads.values()].filter(({ key }) => !keys.has(key) && !this.#taken.has(key));
    const stored = left.filter(({ location }) => location === undefined);
    const toCancel = left.filter(({ location }) => location !== undefined).slice(0, limit);
    for (const { key } of [...stored, ...toCancel]) this.#uploads.delete(key);
    if (left.length > 0) this.#say();
    return Promise.resolve(toCancel);
  }

  /** Nothing is said after it. */
  close(): void {
    clearInterval(this.#timer);
  }

  #put(upload: KeptUpload): void {
    // Behind all others: what is this build's own counts more than what others have left.
    this.#uploads.delete(upload.key);
    this.#uploads.set(upload.key, upload);
    this.#say();
  }

  #say(): void {
    this.#out.write(`${lineOf([...this.#uploads.values()].slice(-MAX_UPLOADS))}\n`);
    this.#timer ??= setInterval(() => {
      if (this.#uploads.size > 0) this.#say();
    }, SAY_AGAIN_MS).unref();
  }
}

/** A line that is too long would not be read at all: sooner the longest addresses are left out. */
function lineOf(uploads: readonly KeptUpload[]): string {
  const line = JSON.stringify({ event: 'uploads', uploads });
  if (line.length <= MAX_UPLOADS_LINE) return line;
  const [longest] = uploads.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  return lineOf(uploads.filter((upload) => upload !== longest));
}

function lengthOf({ location = '' }: KeptUpload): number {
  return location.length;
}

function parsed(left: string | undefined): readonly KeptUpload[] {
  try {
    return Left.safeParse(JSON.parse(left ?? '[]')).data ?? [];
  } catch {
    return [];
  }
}

const Left: z.ZodType<KeptUpload[]> = ModelVersionStatus.shape.uploads.unwrap();
