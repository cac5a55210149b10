import { quote, quoteSome } from '../artifact/names.ts';
import { WORK_DIRECTORY } from '../artifact/work-directory.ts';
import { StowageError } from '../errors.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import { LINK_NAME } from '../image/plan.ts';
import type { Descriptor, Manifest } from '../oci/manifest.ts';
import { modelEntries, type ImageContents } from './contents.ts';
import { globMatcher } from './glob.ts';
import type { Placed } from './tree.ts';

export interface Filter {
  /** Patterns as globMatcher takes them. Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** A file of the image that is to lie at `path`, relative to the directory that is pulled to. */
export interface Wanted {
  readonly path: string;
  readonly entry: Placed;
}

/**
 * The files of the model, or of an image without one all files, that the patterns mean; paths are relative to the model.
 * @throws UsageInvalid where nothing is meant; LinkRefused, FileRefused for what cannot be written as a file
 */
export function selectFiles({ entries: all, layers }: ImageContents, filter: Filter): Wanted[] {
  const { root, entries } = modelEntries(all);
  const isMeant = matcherOf(filter);
  const selected = entries
    .map((entry) => ({ path: entry.path.slice(root.length), entry }))
    .filter(({ path }) => isMeant(path))
    .filter(({ entry }) => !isOurLink(entry));
  if (filter.include.length === 0) refuseStrange(layers.flatMap(({ strange }) => strange));
  for (const each of selected) refuse(each);
  if (selected.length === 0) throw nothing(entries, filter);
  return selected;
}

function matcherOf({ include, exclude }: Filter): (path: string) => boolean {
  const isIncluded = include.length === 0 ? (): boolean => true : globMatcher(include);
  const isExcluded = globMatcher(exclude);
  return (path) => isIncluded(path) && !isExcluded(path);
}

/** What our layers of several files are called. */
const SEVERAL = /^files-\d+\.tar$/;
/** What the last layer of each of our images is called: it holds the link. */
const LAST = new RegExp(`^${LINK_NAME}(?:-\\d+)?\\.tar$`);

/**
 * Whether a layer that nobody has looked into can hold a file that the patterns mean. Our layers of one file are called
 * after it; of others it is not known.
 */
export function mayHoldMeant(layer: Descriptor, { layers }: Manifest, filter: Filter): boolean {
  const title = titleOf(layer);
  if (!title.endsWith('.tar') || SEVERAL.test(title) || !LAST.test(titleOf(layers.at(-1)))) return true;
  return layer === layers.at(-1) || matcherOf(filter)(title.slice(0, -'.tar'.length));
}

function titleOf(layer: Descriptor | undefined): string {
  return layer?.annotations?.[TITLE_ANNOTATION] ?? '';
}

/** It leads to the files that are pulled anyway. */
function isOurLink({ path, kind }: Placed): boolean {
  return path === LINK_NAME && kind === 'symlink';
}

function refuseStrange(names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) return;
  throw new StowageError('FileRefused', `the image has ${first}, which can lie nowhere`, {
    hint: 'Who made this image wants to write outside of the directory, or has made a mistake. Nothing was written. Files that are named with --include can be pulled.',
  });
}

function refuse({ path, entry: { kind, link } }: Wanted): void {
  if (path.split('/', 1)[0] === WORK_DIRECTORY)
    throw new StowageError(
      'FileRefused',
      `the image has ${quote(path)}, a name that pulling needs for itself`,
    );
  if (kind === 'file') return;
  const hint = 'Leave it out with --exclude, or choose the files with --include.';
  if (kind === 'other')
    throw new StowageError('FileRefused', `${quote(path)} in the image is a device or the like`, { hint });
  const message = `${quote(path)} in the image is a link to ${quote(link ?? '')}; links are not written`;
  throw new StowageError('LinkRefused', message, { hint });
}

function nothing(entries: readonly Placed[], { include, exclude }: Filter): StowageError {
  if (include.length + exclude.length === 0)
    return new StowageError('ArtifactEmpty', 'the image holds no files');
  const known = entries.filter((entry) => entry.kind === 'file').map(({ path }) => path);
  const has = known.length > 0 ? `It has ${quoteSome(known)}; ` : '';
  return new StowageError('UsageInvalid', 'no file of the image is meant by the patterns', {
    hint: `${has}"stowage inspect" lists all.`,
  });
}
