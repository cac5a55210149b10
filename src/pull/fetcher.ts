import { join } from 'node:path';
import { fetchParts, type FetchRequest } from './fetch-parts.ts';
import type { ReadableStore } from './image.ts';
import { partialPath } from './part-file.ts';
import { partName, type Part } from './part.ts';
import type { PullRequest } from './pull-report.ts';
import { bytesOnDisk, type Workspace } from './workspace.ts';

/** Fetches the parts of one pull, several times, and counts. */
export class Fetcher {
  readonly #store: ReadableStore;
  readonly #workspace: Workspace;
  readonly #request: Pick<PullRequest, 'progress' | 'signal'>;
  #planned = { layers: 0, bytes: 0 };
  /** Bytes that have come. */
  received = 0;
  /** Bytes that were there from an earlier pull. */
  resumed = 0;

  constructor(store: ReadableStore, workspace: Workspace, request: Pick<PullRequest, 'progress' | 'signal'>) {
    this.#store = store;
    this.#workspace = workspace;
    this.#request = request;
  }

  /** @throws what fetchParts throws */
  async fetch(parts: readonly Part[], how: Pick<FetchRequest, 'onWhole' | 'keep'>): Promise<void> {
    const { progress, signal } = this.#request;
    const firstIndex = this.#planned.layers;
    const bytes = parts.reduce((sum, { length }) => sum + length, this.#planned.bytes);
    this.#planned = { layers: firstIndex + parts.length, bytes };
    progress.planned(this.#planned);
    await fetchParts(parts, {
      ...how,
      store: this.#store,
      directory: this.#workspace.directory,
      progress,
      firstIndex,
      onBytes: (count) => (this.received += count),
      onResumed: (count) => (this.resumed += count),
      signal,
    });
  }

  /** Bytes of parts that are not on the disk yet. */
  async missingBytes(parts: readonly Part[]): Promise<number> {
    let bytes = 0;
    for (const part of parts)
      bytes += Math.max(0, part.length - (await bytesOnDisk(partialPath(this.pathOf(part)))));
    return bytes;
  }

  /** Where a part lies until it is placed, without an ending. */
  pathOf(part: Part): string {
    return join(this.#workspace.directory, partName(part));
  }
}
