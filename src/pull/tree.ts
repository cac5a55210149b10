/** What an image holds once its layers lie on top of each other. Pure. */
import type { Listed, LayerListing } from './layer-listing.ts';
import { invalidImage } from './image-error.ts';

const WHITEOUT = '.wh.';
/** All that lower layers have in this directory is gone. */
const OPAQUE = '.wh..wh..opq';

/** Files and directories of an image; far more than any has, and what memory holds with ease. */
const MAX_NODES = 1_000_000;

/** A member of a layer that no later layer hides. */
export interface Placed extends Listed {
  /** The layer's position in the image. */
  readonly layer: number;
}

interface Node {
  /** Of a directory. */
  children?: Map<string, Node>;
  /** Of anything else. */
  entry?: Placed;
}

/**
 * The members that a runtime shows: those of later layers hide those of earlier ones, and whiteouts remove what lies
 * below (OCI image-spec, layer.md). Directories are left out. Sorted by path.
 * @throws ImageInvalid where it has too many
 */
export function mergeLayers(listings: readonly Pick<LayerListing, 'index' | 'members'>[]): Placed[] {
  const root: Node = { children: new Map() };
  const count = { nodes: 0 };
  for (const { index, members = [] } of listings) {
    for (const { path } of members) removeBy(root, path);
    for (const member of members)
      if (!isWhiteout(member.path)) place(root, { ...member, layer: index }, count);
  }
  const found: Placed[] = [];
  gather(root, found);
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function isWhiteout(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith(WHITEOUT);
}

function removeBy(root: Node, path: string): void {
  if (!isWhiteout(path)) return;
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let directory: Node | undefined = root;
  for (const part of parts) directory = directory?.children?.get(part);
  if (name === OPAQUE) directory?.children?.clear();
  else directory?.children?.delete(name.slice(WHITEOUT.length));
}

function place(root: Node, member: Placed, count: { nodes: number }): void {
  if (member.path === '') return;
  const parts = member.path.split('/');
  const name = parts.pop() ?? '';
  let directory = root;
  for (const part of parts) {
    const next = childOf(directory, part, count);
    // What was a file or a link makes room for a directory: we never look through links.
    delete next.entry;
    next.children ??= new Map();
    directory = next;
  }
  const node = childOf(directory, name, count);
  if (member.kind === 'directory') {
    delete node.entry;
    node.children ??= new Map();
  } else {
    delete node.children;
    node.entry = member;
  }
}

function childOf(directory: Node, name: string, count: { nodes: number }): Node {
  directory.children ??= new Map();
  const found = directory.children.get(name);
  if (found !== undefined) return found;
  count.nodes += 1;
  if (count.nodes > MAX_NODES)
    throw invalidImage(`the image has more than ${MAX_NODES} files and directories`);
  const made: Node = {};
  directory.children.set(name, made);
  return made;
}

function gather(node: Node, into: Placed[]): void {
  if (node.entry !== undefined) into.push(node.entry);
  for (const child of node.children?.values() ?? []) gather(child, into);
}
