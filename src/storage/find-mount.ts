import { posix } from 'node:path';
import { mountOf, type Mount } from './mountinfo.ts';
import { stepsTo } from '../files/steps-to.ts';

/** What a mount shows of a server. */
export interface Shown {
  readonly mount: Mount;
  readonly server: string;
  /** Absolute and normal: the directory of the server that lies at the mount point. */
  readonly path: string;
}

/** Kernel, kernel, mount.efs on some systems. Only root can make these. */
const TYPES = new Set(['nfs', 'nfs4', 'efs']);

/** Of clients in user space. Everybody may mount one of these, with any source: root's alone are believed. */
const IN_USER_SPACE = 'fuse.nfs';

/** SERVER:PATH, an IPv6 address in brackets. */
const SOURCE = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\/.*)$/s;

/** All mounts of servers. */
export function remoteMounts(mounts: readonly Mount[]): Shown[] {
  return mounts.flatMap((mount) => {
    const [, inBrackets, plain, exported] = isBelieved(mount) ? (SOURCE.exec(mount.source) ?? []) : [];
    const server = inBrackets ?? plain;
    if (server === undefined || exported === undefined) return [];
    const path = posix.join(exported, mount.root);
    return { mount, server, path: path.length > 1 ? path.replace(/\/$/, '') : path };
  });
}

function isBelieved({ fsType, options }: Mount): boolean {
  return TYPES.has(fsType) || (fsType === IN_USER_SPACE && options.get('user_id') === '0');
}

/**
 * The directory of this machine where a server's directory is to be seen, by the nearest of the mounts that it can be
 * seen by; undefined: by none.
 * @param shown mounts of that server
 * @param path absolute and normal, on the server
 */
export function directoryOf(
  mounts: readonly Mount[],
  shown: readonly Shown[],
  path: string,
): string | undefined {
  const seen = shown.flatMap((each) => {
    const steps = stepsTo(each.path, path);
    if (steps === undefined) return [];
    const directory = posix.join(each.mount.mountPoint, steps);
    // Something may have been mounted over it since.
    return mountOf(mounts, directory) === each.mount ? [{ directory, near: each.path.length }] : [];
  });
  return seen.sort((a, b) => b.near - a.near)[0]?.directory;
}
