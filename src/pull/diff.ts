import { compareSides } from './compare.ts';
import { withDigest } from './image.ts';
import type { Side } from './sides.ts';
import { bytesOfFolder, bytesOfImage } from './to-send.ts';

/** The document of `stowage diff`. */
export interface Difference {
  readonly from: string;
  readonly to: string;
  readonly same: boolean;
  readonly added: readonly DifferingFile[];
  readonly removed: readonly DifferingFile[];
  readonly changed: readonly DifferingFile[];
  readonly unchanged: readonly DifferingFile[];
  readonly bytes: {
    /** Of all files. */
    readonly from: number;
    readonly to: number;
    /** Of the layers of `to` that `from` does not have: what it costs to push `to` where `from` is. Not from a folder. */
    readonly toSend?: number;
  };
}

export interface DifferingFile {
  /** Relative to the model. */
  readonly path: string;
  /** Bytes; of a changed file those that it has in `to`. */
  readonly size: number;
  /** Of a changed file: bytes in `from`. */
  readonly before?: number;
}

/** Compares two versions of a model. @throws what the store throws */
export async function diff(from: Side, to: Side, signal: AbortSignal): Promise<Difference> {
  const compared = await compareSides(from, to, signal);
  const { added, removed, changed, unchanged } = compared;
  const file = (path: string): DifferingFile => ({ path, size: sizeIn(to, path) ?? sizeIn(from, path) ?? 0 });
  const toSend =
    from.kind === 'folder'
      ? undefined
      : to.kind === 'image'
        ? bytesOfImage(to, from)
        : bytesOfFolder(to, from, compared);
  return {
    from: nameOf(from),
    to: nameOf(to),
    same: added.length + removed.length + changed.length === 0,
    added: added.map(file),
    removed: removed.map(file),
    changed: changed.map((path) => ({ ...file(path), before: sizeIn(from, path) ?? 0 })),
    unchanged: unchanged.map(file),
    bytes: { from: bytesOf(from), to: bytesOf(to), ...(toSend !== undefined && { toSend }) },
  };
}

function nameOf(side: Side): string {
  return side.kind === 'folder' ? side.root : withDigest(side.image);
}

function sizeIn({ files }: Side, path: string): number | undefined {
  return files.get(path)?.size;
}

function bytesOf({ files }: Side): number {
  return [...files.values()].reduce((sum, { size }) => sum + size, 0);
}
