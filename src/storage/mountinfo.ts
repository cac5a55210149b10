import { join, relative } from 'node:path';
import { stepsTo } from '../files/steps-to.ts';

/** A line of /proc/self/mountinfo (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html). */
export interface Mount {
  readonly id: number;
  /** Of the mount that this one lies on; of the topmost it is not in the table. */
  readonly parent: number;
  /** Which directory of the file system is mounted. Always "/" of the kernel's NFS, whose `source` has it all. */
  readonly root: string;
  readonly mountPoint: string;
  readonly fsType: string;
  readonly source: string;
  /** Those of the file system: name and value, "" where there is none. */
  readonly options: ReadonlyMap<string, string>;
}

/** How many fields stand before the optional ones, of which there are any number, up to a field "-". */
const FIXED = 6;

/** Reads the table. What is no line of it is left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const end = fields.indexOf('-', FIXED);
    if (end < 0) return [];
    const [id, parent, , root = '', mountPoint = ''] = fields;
    const [fsType = '', source = '', options = ''] = fields.slice(end + 1);
    return {
      ...{ id: Number(id), parent: Number(parent) },
      ...{ root: unescaped(root), mountPoint: unescaped(mountPoint) },
      ...{ fsType, source: unescaped(source), options: optionsOf(options) },
    };
  });
}

function optionsOf(text: string): Map<string, string> {
  return new Map(
    text.split(',').map((option) => {
      const [name = '', ...value] = option.split('=');
      return [name, unescaped(value.join('='))];
    }),
  );
}

/** Space, tab, newline, backslash and "#" are written as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** The mount that a path without links leads into: the last of those that lie over each other on the way to it. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const ids = new Set(mounts.map(({ id }) => id));
  const onTheWay = mounts.filter(({ mountPoint }) => stepsTo(mountPoint, path) !== undefined);
  let reached: Mount | undefined;
  let next = onTheWay.filter(({ parent, id }) => !ids.has(parent) || parent === id);
  while (next.length > 0) {
    // What lies further down on the same parent is only reached where the first does not lie over it.
    const first = next.reduce((a, b) => (b.mountPoint.length < a.mountPoint.length ? b : a));
    reached = first;
    next = onTheWay.filter(({ parent, id }) => parent === first.id && id !== first.id);
  }
  return reached;
}

/**
 * Where on its file system a path lies, whatever it was mounted as: `SOURCE:PATH`, such as `/dev/sda1:/models/bert` or
 * `server:/export:/bert`.
 * @param id of the mount that the path is reached through
 * @param path absolute, without symbolic links
 * @returns undefined where there is no such mount
 */
export function placeIn(mounts: readonly Mount[], id: number, path: string): string | undefined {
  const mount = mounts.find((each) => each.id === id);
  return mount && `${mount.source}:${join(mount.root, relative(mount.mountPoint, path))}`;
}
