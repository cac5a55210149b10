import { parseEfsHandle, type EfsHandle } from '../api/efs-handle.ts';
import type { Storage } from '../api/modelversion.ts';
import { efsSayings } from './efs-sayings.ts';
import { tunnelsOf, type Tunnel } from './efs-tunnels.ts';
import { directoryOf, remoteMounts, type Shown } from './find-mount.ts';
import type { Machine } from './machine.ts';
import { openMounted, requireMounts } from './mounting.ts';
import { parseMountinfo } from './mountinfo.ts';
import { NFS_OPTIONS } from './nfs-options.ts';
import type { OnThisMachine } from './storage.ts';

type Efs = NonNullable<Storage['AWSEfs']>;

/** A directory on EFS on a machine: where it is mounted, or mounted for the time of the reading. */
export function efsOn(machine: Machine): OnThisMachine<Efs> {
  return {
    check: () => requireMounts('AWSEfs', machine),
    open: async (spec, signal) => {
      const handle = parseEfsHandle(spec.volumeHandle);
      const wanted = {
        ...({ type: 'efs', sayings: efsSayings(spec.volumeHandle) } as const),
        source: `${handle.fileSystemId}:${handle.path}`,
        options: optionsOf(handle, spec.attributes ?? {}),
      };
      return openMounted(wanted, await existing(handle, machine), machine, signal);
    },
  };
}

/** As the CSI driver makes them of a handle and attributes, whose names it reads in any case. */
function optionsOf({ accessPointId }: EfsHandle, attributes: Readonly<Record<string, string>>): string[] {
  const given = new Map(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
  const isTrue = (name: string): boolean => given.get(name)?.toLowerCase() === 'true';
  const ip = given.get('mounttargetip');
  return [
    // An access point is reached by TLS only.
    ...(given.has('encryptintransit') && !isTrue('encryptintransit') && accessPointId === undefined
      ? []
      : ['tls']),
    ...(accessPointId === undefined ? [] : [`accesspoint=${accessPointId}`]),
    ...(ip === undefined ? [] : [`mounttargetip=${ip}`]),
    ...(isTrue('crossaccount') ? ['crossaccount'] : []),
    ...NFS_OPTIONS,
  ];
}

async function existing(handle: EfsHandle, machine: Machine): Promise<string | undefined> {
  const mounts = parseMountinfo(await machine.mountinfo());
  const tunnels = tunnelsOf(await machine.efsStates());
  const shown = remoteMounts(mounts).filter((each) => shows(each, handle, tunnels));
  return directoryOf(mounts, shown, handle.path);
}

/** [ZONE.]FILESYSTEM.efs.REGION.SUFFIX, or as mount.efs was called. */
const NAME = /^(?:[a-z0-9-]+\.)?(fs-[0-9a-f]+)\.efs\./;

const LOCAL = '127.0.0.1';

/** Whether a mount is of that file system, by that access point. */
function shows(
  { server, mount: { options } }: Shown,
  { fileSystemId, accessPointId }: EfsHandle,
  tunnels: ReadonlyMap<string, Tunnel>,
): boolean {
  if (server === LOCAL) {
    const tunnel = tunnels.get(options.get('port') ?? '');
    return tunnel?.fileSystemId === fileSystemId && tunnel.accessPointId === accessPointId;
  }
  // Without a tunnel there is no access point, but where a mount says so itself.
  const [, id = server] = NAME.exec(server) ?? [];
  return id === fileSystemId && options.get('accesspoint') === accessPointId;
}
