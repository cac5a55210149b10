/** Where a port of this machine leads that efs-utils has mounted a file system through. */
export interface Tunnel {
  readonly fileSystemId: string;
  readonly accessPointId: string | undefined;
}

/** FILESYSTEM.MOUNTPOINT.PORT, the "/" of the mount point as "." (efs_utils_common/proxy.py, get_mount_specific_filename). */
const NAME = /^(fs-[0-9a-f]+)\.(?:.*\.)?(\d+)$/s;

/**
 * The tunnels by their ports, of the state files of efs-utils (https://github.com/aws/efs-utils): the mount table shows
 * "127.0.0.1:/" and the port only. A port that two files name is left out: nobody knows which of them is out of date.
 */
export function tunnelsOf(states: ReadonlyMap<string, string>): ReadonlyMap<string, Tunnel> {
  const tunnels = new Map<string, Tunnel | undefined>();
  for (const [name, text] of states) {
    const [, fileSystemId = '', port = ''] = NAME.exec(name) ?? [];
    if (port === '') continue;
    const accessPointId = accessPointOf(text);
    const tunnel = accessPointId === null ? undefined : { fileSystemId, accessPointId };
    tunnels.set(port, tunnels.has(port) ? undefined : tunnel);
  }
  return new Map([...tunnels].flatMap(([port, tunnel]) => (tunnel === undefined ? [] : [[port, tunnel]])));
}

/** @returns null for what is no state */
function accessPointOf(text: string): string | undefined | null {
  try {
    const state = JSON.parse(text) as { readonly accessPoint?: unknown } | null;
    if (typeof state !== 'object' || state === null) return null;
    return typeof state.accessPoint === 'string' ? state.accessPoint : undefined;
  } catch {
    return null;
  }
}
