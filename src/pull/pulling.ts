import { StowageError } from '../errors.ts';
import { compressedLayers, listImage, modelEntries, unlisted, type ImageContents } from './contents.ts';
import { compareExisting, judgeExisting, refuseExisting, type Existing } from './existing.ts';
import { Fetcher } from './fetcher.ts';
import type { OpenedImage } from './image.ts';
import type { LayerListing } from './layer-listing.ts';
import { removeParts } from './leftovers.ts';
import { digestsIn, listLayer, type LayerRequest } from './list-layer.ts';
import type { Part } from './part.ts';
import { pinnedLists, type PinnedLists } from './pinned-lists.ts';
import { placeFile } from './place-file.ts';
import { partsOf, type PlannedPart } from './plan.ts';
import type { PulledFile, PullReport, PullRequest } from './pull-report.ts';
import { mayHoldMeant, selectFiles, type Wanted } from './selection.ts';
import { StagedLayers } from './staged-layers.ts';
import { takeFiles } from './staged.ts';
import { requireSpace, type Workspace } from './workspace.ts';

type Outcome = Pick<PullReport, 'directory' | 'files' | 'bytes'>;

/** One pull, from the list of the files to the last of them. */
export class Pulling {
  readonly #image: OpenedImage;
  readonly #request: PullRequest;
  readonly #workspace: Workspace;
  readonly #fetcher: Fetcher;
  readonly #staged: StagedLayers;
  readonly #done: PulledFile[] = [];

  constructor(image: OpenedImage, request: PullRequest, workspace: Workspace) {
    this.#image = image;
    this.#request = request;
    this.#workspace = workspace;
    this.#fetcher = new Fetcher(image.store, workspace, request);
    this.#staged = new StagedLayers(image.store, workspace, this.#fetcher);
  }

  async run(): Promise<Outcome> {
    const contents = await this.#list(await pinnedLists(this.#image, this.#request.signal));
    const wanted = selectFiles(contents, this.#request.filter);
    const planned = planAll(await this.#missing(wanted, contents), contents);
    const [apart, here] = [planned.filter(this.#isApart), planned.filter((each) => !this.#isApart(each))];
    await this.#requireSpace(planned, apart);
    await this.#fetcher.fetch(
      apart.map(({ part }) => part),
      { onWhole: (part, path) => this.#use(apart, part, path) },
    );
    for (const each of here) await this.#take(each, this.#staged.pathOf(each.listing.layer) ?? '');
    await this.#clear(wanted, contents);
    return this.#outcome();
  }

  readonly #isApart = ({ listing }: PlannedPart): boolean => this.#staged.pathOf(listing.layer) === undefined;

  /** Lists the files. Layers that must be here for that are fetched, but for those that hold nothing that is meant. */
  async #list(pinned: PinnedLists): Promise<ImageContents> {
    const { manifest } = this.#image;
    const { filter, signal } = this.#request;
    const closed = compressedLayers(this.#image).filter(({ digest }) => !pinned.has(digest));
    await this.#staged.stage(closed.filter((layer) => mayHoldMeant(layer, manifest, filter)));
    const digests = new Set(closed.map(({ digest }) => digest));
    const list = (request: LayerRequest): Promise<LayerListing> => {
      const { layer, index } = request;
      if (digests.has(layer.digest) && this.#staged.pathOf(layer) === undefined)
        return Promise.resolve(unlisted(layer, index));
      return listLayer({ ...request, store: this.#staged.storeOf(layer) });
    };
    return listImage(this.#image, signal, { pinned, list });
  }

  /** Those that are not there yet with the right content. */
  async #missing(wanted: readonly Wanted[], contents: ImageContents): Promise<Wanted[]> {
    const { root } = this.#workspace;
    const { overwrite, signal } = this.#request;
    const judged = await judgeExisting(wanted, { root, contents, signal });
    refuseExisting(judged, overwrite);
    if (!overwrite) refuseExisting(await this.#judgeUnknown(wanted, contents, judged), overwrite);
    const missing = wanted.filter((file) => {
      if (judged.get(file.path) !== 'same') return true;
      this.#note(file, 'same');
      return false;
    });
    return missing;
  }

  /**
   * Files of which only their layer says what they are: it is fetched first, so that one that differs ends the pull
   * before anything else is fetched, or written.
   */
  async #judgeUnknown(
    wanted: readonly Wanted[],
    { layers }: ImageContents,
    judged: Map<string, Existing>,
  ): Promise<ReadonlyMap<string, Existing>> {
    const unknown = wanted.filter(({ path }) => judged.get(path) === 'unknown');
    const holders = layers.filter(({ index }) => unknown.some(({ entry }) => entry.layer === index));
    await this.#staged.stage(holders.map(({ layer }) => layer));
    const { signal } = this.#request;
    for (const { layer, index } of holders) {
      const digests = await digestsIn({ store: this.#staged.storeOf(layer), layer, index, signal });
      for (const { path, entry } of unknown.filter((each) => each.entry.layer === index))
        judged.set(
          path,
          await compareExisting(this.#workspace.root, path, digests.get(entry.offset), signal),
        );
    }
    return judged;
  }

  async #requireSpace(planned: readonly PlannedPart[], apart: readonly PlannedPart[]): Promise<void> {
    const fetched = await this.#fetcher.missingBytes(apart.map(({ part }) => part));
    const layers = planned.filter(({ is }) => is === 'layer');
    const taken = layers.flatMap(({ files }) => files).reduce((sum, { entry }) => sum + entry.size, 0);
    await requireSpace(this.#workspace, fetched + taken);
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
      partial: `${this.#fetcher.pathOf(part)}.file`,
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

  /** What is left of other files may be of use to another pull; of layers whose files are all here nothing is. */
  async #clear(wanted: readonly Wanted[], { entries, layers }: ImageContents): Promise<void> {
    const here = new Set(wanted.map(({ entry }) => entry));
    const files = modelEntries(entries).entries.filter(({ kind }) => kind === 'file');
    const lacking = new Set(files.filter((entry) => !here.has(entry)).map(({ layer }) => layer));
    const done = layers.filter(
      ({ index, layer, members }) =>
        this.#staged.pathOf(layer) !== undefined || (members !== undefined && !lacking.has(index)),
    );
    await removeParts(
      this.#workspace.directory,
      done.map(({ layer }) => layer),
    );
  }

  #outcome(): Outcome {
    const files = this.#done.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const sizeOf = (some: readonly PulledFile[]): number => some.reduce((sum, { size }) => sum + size, 0);
    const same = sizeOf(files.filter(({ action }) => action === 'same'));
    const { received, resumed } = this.#fetcher;
    return {
      directory: this.#workspace.root,
      files,
      bytes: { files: sizeOf(files), received, resumed, same },
    };
  }
}

function planAll(missing: readonly Wanted[], { layers }: ImageContents): PlannedPart[] {
  return [...Map.groupBy(missing, ({ entry }) => entry.layer)].flatMap(([layer, files]) => {
    const listing = layers[layer];
    if (listing === undefined) throw new StowageError('Internal', `there is no layer ${layer}`);
    return partsOf(listing, files);
  });
}
