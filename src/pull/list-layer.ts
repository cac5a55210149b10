import { isCompressed, MAGIC_BYTES, unpack } from '../image/base/unpack.ts';
import { peek } from '../image/base/bytes.ts';
import { TAR_END_BYTES } from '../image/tar.ts';
import { MODEL_DIRECTORY } from '../image/bundle.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Descriptor } from '../oci/manifest.ts';
import { rangeBytes } from '../oci/range-bytes.ts';
import { verified } from '../oci/verified.ts';
import { NoRanges } from '../oci/no-ranges.ts';
import { collectMembers, hashing, type Collected } from './collect-members.ts';
import { asImageError, type ReadableStore } from './image.ts';
import { invalidImage } from './image-error.ts';
import type { LayerListing } from './layer-listing.ts';
import { ListingBudget } from './listing-budget.ts';
import { RangeInput, StreamInput, type Fetch } from './tar-inputs.ts';

/** What stands behind the last member: some programs fill their tars with zeros to 10 kB, and it need not be zeros. */
const MAX_TAIL_BYTES = 64 * 1024;

/** A layer and where to read it. */
export interface LayerRequest {
  readonly store: ReadableStore;
  readonly layer: Descriptor;
  readonly index: number;
  readonly signal: AbortSignal;
  /** What the lists of all layers may take together. Default: one of its own */
  readonly budget?: ListingBudget;
}

/**
 * Lists the files of a layer. Of one that is not compressed, headers are read and contents passed over; one that is
 * compressed is read to its end, which its digest is checked at.
 * @throws ImageInvalid, RegistryCorrupt, and what the store throws
 */
export async function listLayer(request: LayerRequest): Promise<LayerListing> {
  try {
    const input = new RangeInput(request.layer.size, fetchFrom(request));
    if (!isCompressed(await input.peek(MAGIC_BYTES)))
      return listed(request, false, await listByRanges(request, input));
  } catch (error) {
    if (!(error instanceof NoRanges)) throw error;
  }
  return readWhole(request);
}

/** Reads a layer to its end: then its digest vouches for the digest of each of its files. */
async function readWhole(request: LayerRequest): Promise<LayerListing> {
  const { store, layer, signal, budget = new ListingBudget() } = request;
  const what = nameOf(request);
  let compressed = false;
  const collected: Collected[] = [];
  const consume = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const { head, all } = await peek(chunks, MAGIC_BYTES);
    if (isCompressed(head)) throw invalidImage(`${what} is compressed twice`);
    const input = new StreamInput(all);
    // The walk has passed over a block of zeros, where there is one.
    const tail = async (from: number): Promise<Buffer | undefined> =>
      layer.size - from > MAX_TAIL_BYTES
        ? undefined
        : Buffer.concat([
            Buffer.alloc(input.position - from),
            await input.take(Math.max(0, layer.size - input.position)),
          ]);
    const options = { budget, visit: hashing(input), tail };
    collected.push(await collectMembers(what, input, compressed ? undefined : layer.size, options));
    await input.drain(); // The digest is at the end.
  };
  // Unlike a whole blob, a range is asked for again from where a connection broke.
  const stored = verified(copied(store.readRange(layer, 0, layer.size, signal)), layer, store.name);
  const { head, all } = await peek(stored, MAGIC_BYTES);
  compressed = isCompressed(head);
  await asImageError(() => unpack(what, all, consume, signal));
  const [found] = collected;
  if (found === undefined) throw invalidImage(`${what} is empty`);
  return listed(request, compressed, found);
}

/** A decompressor asks for more while it still has what it was given before. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** The digests of a layer's files by their places in its tar: it is read to its end. @throws what listLayer throws */
export async function digestsIn(request: LayerRequest): Promise<ReadonlyMap<number, Digest>> {
  const { members = [] } = await readWhole(request);
  return new Map(
    members.flatMap(({ offset, digest }) => (digest === undefined ? [] : [[offset, digest] as const])),
  );
}

function listed({ layer, index }: LayerRequest, compressed: boolean, found: Collected): LayerListing {
  const { members, strange, frame } = found;
  return { layer, index, compressed, members, strange, ...(frame !== undefined && !compressed && { frame }) };
}

function listByRanges(request: LayerRequest, input: RangeInput): Promise<Collected> {
  const { layer, budget = new ListingBudget() } = request;
  const title = layer.annotations?.[TITLE_ANNOTATION];
  // What our own layers of one file are called: behind the file they have the archive's end, and a request to see it
  // is saved. Whoever fetches the layer checks it by its digest.
  const endsAfter = (path: string, end: number): boolean =>
    title === `${path.slice(MODEL_DIRECTORY.length + 1)}.tar` &&
    path.startsWith(`${MODEL_DIRECTORY}/`) &&
    end + TAR_END_BYTES === layer.size;
  const tail = (from: number): Promise<Buffer | undefined> =>
    layer.size - from > MAX_TAIL_BYTES ? Promise.resolve(undefined) : input.rest(from);
  return collectMembers(nameOf(request), input, layer.size, { budget, endsAfter, tail });
}

function fetchFrom({ store, layer, signal }: LayerRequest): Fetch {
  return (from, length) => rangeBytes(store, layer, { from, length }, signal);
}

function nameOf({ store, layer }: LayerRequest): string {
  return `the layer ${layer.digest} of ${store.name}`;
}
