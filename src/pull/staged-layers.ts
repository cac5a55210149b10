import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { Fetcher } from './fetcher.ts';
import type { ReadableStore } from './image.ts';
import type { Part } from './part.ts';
import { wholeLayer } from './plan.ts';
import { fileStore } from './staged.ts';
import { requireSpace, type Workspace } from './workspace.ts';

/** Layers that had to be fetched whole to be looked into, before it was known which of their files are wanted. */
export class StagedLayers {
  readonly #store: ReadableStore;
  readonly #workspace: Workspace;
  readonly #fetcher: Fetcher;
  readonly #paths = new Map<Digest, string>();

  constructor(store: ReadableStore, workspace: Workspace, fetcher: Fetcher) {
    this.#store = store;
    this.#workspace = workspace;
    this.#fetcher = fetcher;
  }

  /** Fetches those that are not here yet. @throws OutOfDisk, and what fetchParts throws */
  async stage(wanted: readonly Descriptor[]): Promise<void> {
    const layers = new Map(wanted.map((layer) => [layer.digest, layer]));
    const parts = [...layers.values()].filter((layer) => this.pathOf(layer) === undefined).map(wholeLayer);
    if (parts.length === 0) return;
    await requireSpace(this.#workspace, await this.#fetcher.missingBytes(parts));
    const onWhole = ({ blob }: Part, path: string): Promise<void> => {
      this.#paths.set(blob.digest, path);
      return Promise.resolve();
    };
    await this.#fetcher.fetch(parts, { onWhole, keep: true });
  }

  /** Where a layer lies; undefined where it was not fetched. */
  pathOf({ digest }: Descriptor): string | undefined {
    return this.#paths.get(digest);
  }

  /** Where a layer is read from: its file, or the image's store. */
  storeOf(layer: Descriptor): ReadableStore {
    const path = this.pathOf(layer);
    return path === undefined ? this.#store : fileStore(path, this.#store.name);
  }
}
