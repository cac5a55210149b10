import { join } from 'node:path';
import { StowageError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { compressedLayers, listImage, type ImageContents } from './contents.ts';
import { judgeExisting, refuseExisting } from './existing.ts';
import { fetchParts, type FetchRequest } from './fetch-parts.ts';
import type { OpenedImage } from './image.ts';
import { listLayer } from './list-layer.ts';
import { partialPath } from './part-file.ts';
import { partName, type Part } from './part.ts';
import { placeFile } from './place-file.ts';
import { partsOf, wholeLayer, type PlannedPart } from './plan.ts';
import type { PulledFile, PullReport, PullRequest } from './pull-report.ts';
import { selectFiles, type Wanted } from './selection.ts';
import { fileStore, takeFiles } from './staged.ts';
import { bytesOnDisk, requireSpace, type Workspace } from './workspace.ts';

type Outcome = Pick<PullReport, 'directory' | 'files' | 'bytes'>;

/** One pull, from the list of the files to the last of them. */
export class Pulling {
  readonly #image: OpenedImage;
  readonly #request: PullRequest;
  readonly #workspace: Workspace;
  readonly #done: PulledFile[] = [];
  /** Where layers lie that had to be fetched to be looked into. */
  readonly #staged = new Map<Digest, string>();
  #planned = { layers: 0, bytes: 0 };
  #received = 0;
  #resumed = 0;

  constructor(image: OpenedImage, request: PullRequest, workspace: Workspace) {
    this.#image = image;
    this.#request = request;
    this.#workspace = workspace;
  }

  async run(): Promise<Outcome> {
    await this.#stage();
    const contents = await this.#list();
    const wanted = selectFiles(contents, this.#request.filter);
    const missing = await this.#missing(wanted, contents);
    const planned = planAll(missing, contents);
    await this.#requireSpace(planned);
    const apart = planned.filter(({ listing }) => !this.#staged.has(listing.layer.digest));
    await this.#fetch(
      apart.map(({ part }) => part),
      { onWhole: (part, path) => this.#use(apart, part, path) },
    );
    for (const each of planned) {
      const path = this.#staged.get(each.listing.layer.digest);
      if (path !== undefined) await this.#take(each, path);
    }
    return this.#outcome();
  }

  /** Fetches the layers that cannot be looked into before they are here. */
  async #stage(): Promise<void> {
    const { manifest, store } = this.#image;
    const layers = new Map(compressedLayers(this.#image).map((layer) => [layer.digest, layer]));
    const parts = [...layers.values()].map(wholeLayer);
    if (parts.length === 0) return;
    await requireSpace(this.#workspace, await this.#missingBytes(parts));
    const onWhole = ({ blob }: Part, path: string): Promise<void> => {
      this.#staged.set(blob.digest, path);
      return Promise.resolve();
    };
    await this.#fetch(parts, { onWhole, keep: true });
    if (this.#staged.size !== layers.size)
      throw new Error(`${manifest.layers.length} layers of ${store.name}`);
  }

  #list(): Promise<ImageContents> {
    return listImage(this.#image, this.#request.signal, (request) => {
      const path = this.#staged.get(request.layer.digest);
      return listLayer(
        path === undefined ? request : { ...request, store: fileStore(path, request.store.name) },
      );
    });
  }

  /** Those that are not there yet with the right content. */
  async #missing(wanted: readonly Wanted[], contents: ImageContents): Promise<Wanted[]> {
    const { root } = this.#workspace;
    const { overwrite, signal } = this.#request;
    const judged = await judgeExisting(wanted, { root, contents, signal });
    refuseExisting(judged, overwrite);
    const missing = wanted.filter((file) => {
      if (judged.get(file.path) !== 'same') return true;
      this.#note(file, 'same');
      return false;
    });
    return missing;
  }

  async #requireSpace(planned: readonly PlannedPart[]): Promise<void> {
    const apart = planned.filter(({ listing }) => !this.#staged.has(listing.layer.digest));
    const fetched = await this.#missingBytes(apart.map(({ part }) => part));
    const layers = planned.filter(({ is }) => is === 'layer');
    const taken = layers.flatMap(({ files }) => files).reduce((sum, { entry }) => sum + entry.size, 0);
    await requireSpace(this.#workspace, fetched + taken);
  }

  async #missingBytes(parts: readonly Part[]): Promise<number> {
    let bytes = 0;
    for (const part of parts)
      bytes += Math.max(0, part.length - (await bytesOnDisk(partialPath(this.#pathOf(part)))));
    return bytes;
  }

  async #fetch(parts: readonly Part[], how: Pick<FetchRequest, 'onWhole' | 'keep'>): Promise<void> {
    const { progress, signal } = this.#request;
    const firstIndex = this.#planned.layers;
    const bytes = parts.reduce((sum, { length }) => sum + length, this.#planned.bytes);
    this.#planned = { layers: firstIndex + parts.length, bytes };
    progress.planned(this.#planned);
    await fetchParts(parts, {
      ...how,
      store: this.#image.store,
      directory: this.#workspace.directory,
      progress,
      firstIndex,
      onBytes: (count) => (this.#received += count),
      onResumed: (count) => (this.#resumed += count),
      signal,
    });
  }

  async #use(planned: readonly PlannedPart[], part: Part, path: string): Promise<void> {
    const found = planned.find((each) => each.part === part);
    const [file] = found?.files ?? [];
    if (found === undefined || file === undefined) throw new Error(`nobody wants ${part.title}`);
    if (found.is === 'layer') await this.#take(found, path);
    else await this.#place(file, path);
  }

  #take({ part, files, listing }: PlannedPart, path: string): Promise<void> {
    return takeFiles({
      path,
      layer: listing.layer,
      files,
      partial: `${this.#pathOf(part)}.file`,
      onWhole: (file, from) => this.#place(file, from),
      signal: this.#request.signal,
    });
  }

  async #place(file: Wanted, from: string): Promise<void> {
    const { overwrite, signal } = this.#request;
    this.#note(file, await placeFile(from, file.path, { root: this.#workspace.root, overwrite, signal }));
  }

  #note({ path, entry }: Wanted, action: PulledFile['action']): void {
    this.#done.push({ path, size: entry.size, action });
  }

  #pathOf(part: Part): string {
    return join(this.#workspace.directory, partName(part));
  }

  #outcome(): Outcome {
    const files = this.#done.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const sizeOf = (some: readonly PulledFile[]): number => some.reduce((sum, { size }) => sum + size, 0);
    const same = sizeOf(files.filter(({ action }) => action === 'same'));
    const bytes = { files: sizeOf(files), received: this.#received, resumed: this.#resumed, same };
    return { directory: this.#workspace.root, files, bytes };
  }
}

function planAll(missing: readonly Wanted[], { layers }: ImageContents): PlannedPart[] {
  return [...Map.groupBy(missing, ({ entry }) => entry.layer)].flatMap(([layer, files]) => {
    const listing = layers[layer];
    if (listing === undefined) throw new StowageError('Internal', `there is no layer ${layer}`);
    return partsOf(listing, files);
  });
}
