/** Finds every file of a source without opening one. */
import { stat } from 'node:fs/promises';
import { StowageError, systemCode } from '../errors.ts';
import { sourceError } from './fs-error.ts';
import { refusedKind } from './kind.ts';
import { listDirectory, type Entry } from './listing.ts';
import { followLink, realPath, refuseCircle, type Place } from './link.ts';
import { clashesOf, quote } from './names.ts';
import { throwIfAborted } from './parallel.ts';
import { WORK_DIRECTORY } from './work-directory.ts';

/**
 * Files and directories in a source. The largest models on public hubs have some thousand files; past this it is a
 * home directory, or links that multiply, and the list itself would cost hundreds of megabytes.
 */
const MAX_ENTRIES = 200_000;

/**
 * Links to directories that are followed. Each brings all that lies behind it once more, so a few directories that link
 * to each other can make millions of paths. Hub caches, which are made of links, have them to files only.
 */
const MAX_DIRECTORY_LINKS = 1000;

/** Directories inside each other. Real models have a handful; the walk and whoever unpacks it are safe from absurd ones. */
export const MAX_DEPTH = 100;

export interface Tree {
  /** Absolute, free of links. */
  readonly root: string;
  /** Regular files, links to them included; sorted by path, byte by byte in UTF-8. */
  readonly files: readonly Place[];
  /** Paths of directories that hold nothing, sorted like the files. */
  readonly emptyDirectories: readonly string[];
  /** Pairs of paths that differ only by case or Unicode form. */
  readonly clashes: readonly (readonly [string, string])[];
  /** Whether the directory of an interrupted pull lies at the top, which is left out. */
  readonly interruptedPull: boolean;
}

interface Walk {
  readonly root: string;
  readonly signal: AbortSignal | undefined;
  readonly files: Place[];
  readonly emptyDirectories: string[];
  readonly clashes: [string, string][];
  entries: number;
  directoryLinks: number;
  interruptedPull: boolean;
}

interface Directory extends Place {
  /** Locations from the root down to this directory: where a link must not lead back to. */
  readonly chain: readonly string[];
}

/**
 * @param root a directory, or a link to one
 * @throws PathNotFound, SourceUnreadable, LinkRefused, FileRefused, ArtifactChanged, Cancelled
 */
export async function walkSource(root: string, signal?: AbortSignal): Promise<Tree> {
  const real = await openRoot(root);
  const walk: Walk = {
    root: real,
    signal,
    files: [],
    emptyDirectories: [],
    clashes: [],
    entries: 0,
    directoryLinks: 0,
    interruptedPull: false,
  };
  await visit(walk, { path: '', location: real, chain: [real] });
  return {
    root: real,
    files: sortedBy(walk.files, ({ path }) => path),
    emptyDirectories: sortedBy(walk.emptyDirectories, (path) => path),
    clashes: walk.clashes,
    interruptedPull: walk.interruptedPull,
  };
}

async function openRoot(root: string): Promise<string> {
  try {
    const real = await realPath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw await sourceError(error, root, root);
    throw new StowageError('PathNotFound', `${quote(root)} does not exist on this machine`, { cause: error });
  }
  throw new StowageError('PathNotFound', `${quote(root)} is no directory; a model is a directory of files`, {
    hint: 'Give the directory that holds the file. Everything in it goes into the image.',
  });
}

async function visit(walk: Walk, directory: Directory): Promise<void> {
  throwIfAborted(walk.signal);
  const found = await listDirectory(directory);
  const entries = found.filter(({ path, kind }) => path !== WORK_DIRECTORY || !kind.isDirectory());
  if (entries.length < found.length) walk.interruptedPull = true;
  walk.entries += entries.length;
  if (walk.entries > MAX_ENTRIES) throw tooMuch(directory, `more than ${MAX_ENTRIES} files`);
  if (directory.chain.length > MAX_DEPTH) throw tooMuch(directory, `directories more than ${MAX_DEPTH} deep`);
  if (entries.length === 0 && directory.path !== '') walk.emptyDirectories.push(directory.path);
  for (const clash of clashesOf(entries.map(({ path }) => path))) walk.clashes.push(clash);
  for (const entry of entries) {
    if (entry.kind.isSymbolicLink()) await enterLink(walk, directory, entry);
    else await enter(walk, directory, entry);
  }
}

async function enterLink(walk: Walk, directory: Directory, link: Entry): Promise<void> {
  throwIfAborted(walk.signal);
  const { location, stats } = await followLink(walk.root, link);
  refuseCircle(link, location, directory.chain);
  if (stats.isDirectory()) walk.directoryLinks += 1;
  if (walk.directoryLinks > MAX_DIRECTORY_LINKS) {
    throw tooMuch(directory, `more than ${MAX_DIRECTORY_LINKS} links to directories, followed one by one`);
  }
  await enter(walk, directory, { path: link.path, location, kind: stats });
}

async function enter(walk: Walk, directory: Directory, entry: Entry): Promise<void> {
  const { path, location, kind } = entry;
  if (kind.isFile()) walk.files.push({ path, location });
  else if (kind.isDirectory()) await visit(walk, { path, location, chain: [...directory.chain, location] });
  else throw refusedKind(path, kind);
}

function tooMuch({ path }: Directory, what: string): StowageError {
  return new StowageError('FileRefused', `the source holds ${what} (at ${quote(path === '' ? '.' : path)})`, {
    hint: 'Give the directory of one model. Links to directories are followed: perhaps one leads to too much.',
  });
}

function sortedBy<T>(items: readonly T[], path: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: Buffer.from(path(item)) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ item }) => item);
}
