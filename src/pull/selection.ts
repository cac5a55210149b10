import { quote, quoteSome } from '../artifact/names.ts';
import { StowageError } from '../errors.ts';
import { LINK_NAME } from '../image/plan.ts';
import { modelEntries, type ImageContents } from './contents.ts';
import { globMatcher } from './glob.ts';
import type { Placed } from './tree.ts';

/** The directory in the one that is pulled to, in which files lie until they are whole. */
export const WORK_DIRECTORY = '.stowage-pull';

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
export function selectFiles({ entries: all, layers }: ImageContents, { include, exclude }: Filter): Wanted[] {
  const { root, entries } = modelEntries(all);
  const isIncluded = include.length === 0 ? (): boolean => true : globMatcher(include);
  const isExcluded = globMatcher(exclude);
  const selected = entries
    .map((entry) => ({ path: entry.path.slice(root.length), entry }))
    .filter(({ path }) => isIncluded(path) && !isExcluded(path))
    .filter(({ entry }) => !isOurLink(entry));
  refuseStrange(layers.flatMap(({ strange }) => strange));
  for (const each of selected) refuse(each);
  if (selected.length === 0) throw nothing(entries);
  return selected;
}

/** It leads to the files that are pulled anyway. */
function isOurLink({ path, kind }: Placed): boolean {
  return path === LINK_NAME && kind === 'symlink';
}

function refuseStrange(names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) return;
  throw new StowageError('FileRefused', `the image has ${first}, which can lie nowhere`, {
    hint: 'Who made this image wants to write outside of the directory, or has made a mistake. Nothing was written.',
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

function nothing(entries: readonly Placed[]): StowageError {
  if (entries.length === 0) return new StowageError('ArtifactEmpty', 'the image holds no files');
  return new StowageError('UsageInvalid', 'no file of the image is meant by the patterns', {
    hint: `It has ${quoteSome(entries.map(({ path }) => path))}; "stowage inspect" lists them.`,
  });
}
