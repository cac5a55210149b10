import type { ArtifactFile } from '../artifact/artifact.ts';
import { TAR_END_BYTES, tarHeader, tarPadding, type TarEntry } from './tar.ts';

/** The directory of the image that holds the model: the one KServe and image volumes with a subPath look for. */
export const MODEL_DIRECTORY = 'models';

/** One member of a layer's tar: its header, and the file its content is read from where it has content. */
export interface LayerMember {
  readonly entry: TarEntry;
  readonly file: ArtifactFile | undefined;
}

/** A file of the model, or (without `file`) a directory that holds nothing. The path is relative to the model. */
export interface Item {
  readonly path: string;
  readonly file: ArtifactFile | undefined;
}

/** A tar over some items. */
export interface Bundle {
  readonly items: readonly Item[];
  readonly members: readonly LayerMember[];
  /** Bytes of the whole tar. */
  readonly size: number;
}

/**
 * Puts items into as few tars of at most `limit` bytes as their order allows, keeping the order. An item that is
 * larger than that by itself gets a tar of its own. Every tar is complete: all directories above a member are in it,
 * each once and before what it holds, since layers are unpacked and read one by one.
 */
export function bundle(items: readonly Item[], limit: number): Bundle[] {
  const bundles: Bundle[] = [];
  let open = new OpenBundle();
  for (const item of items) {
    if (open.items.length > 0 && open.size + open.costOf(item) > limit) {
      bundles.push(open);
      open = new OpenBundle();
    }
    open.add(item);
  }
  return open.items.length > 0 ? [...bundles, open] : bundles;
}

/** Bytes that a member takes in a tar. */
export function memberBytes({ entry }: LayerMember): number {
  const content = entry.type === 'file' ? entry.size : 0;
  return tarHeader(entry).length + content + tarPadding(content);
}

class OpenBundle implements Bundle {
  readonly items: Item[] = [];
  readonly members: LayerMember[] = [];
  readonly #directories = new Set<string>();
  size = TAR_END_BYTES;

  costOf(item: Item): number {
    return this.#membersFor(item).reduce((bytes, member) => bytes + memberBytes(member), 0);
  }

  add(item: Item): void {
    this.size += this.costOf(item);
    for (const member of this.#membersFor(item)) {
      this.members.push(member);
      if (member.entry.type === 'directory') this.#directories.add(member.entry.path);
    }
    this.items.push(item);
  }

  #membersFor({ path, file }: Item): LayerMember[] {
    const inImage = `${MODEL_DIRECTORY}/${path}`;
    const directories = file === undefined ? [...parents(inImage), inImage] : parents(inImage);
    const members = directories.filter((directory) => !this.#directories.has(directory)).map(directoryMember);
    return file === undefined ? members : [...members, fileMember(inImage, file)];
  }
}

function directoryMember(path: string): LayerMember {
  return { entry: { type: 'directory', path }, file: undefined };
}

function fileMember(path: string, file: ArtifactFile): LayerMember {
  return { entry: { type: 'file', path, size: file.size }, file };
}

/** `a/b/c` has the parents `a` and `a/b`. */
function parents(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}
