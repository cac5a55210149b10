import { isIP } from 'node:net';
import type { Storage } from '../api/modelversion.ts';
import { canonicalServer, exportOf } from '../api/server.ts';
import { directoryOf, remoteMounts, type Shown } from './find-mount.ts';
import type { Machine } from './machine.ts';
import { openMounted, requireMounts } from './mounting.ts';
import { parseMountinfo } from './mountinfo.ts';
import { NFS_OPTIONS } from './nfs-options.ts';
import { NFS_SAYINGS } from './nfs-sayings.ts';
import type { OnThisMachine } from './storage.ts';

type Nfs = NonNullable<Storage['nfs']>;

/** An NFS directory on a machine: where it is mounted, or mounted for the time of the reading. */
export function nfsOn(machine: Machine): OnThisMachine<Nfs> {
  return {
    check: () => requireMounts('nfs', machine),
    open: async (spec, signal) => {
      const wanted = {
        ...({ type: 'nfs', sayings: NFS_SAYINGS } as const),
        source: exportOf(spec),
        // Nothing is locked to be read, and NFSv3's locks need a service of their own.
        options: [...NFS_OPTIONS, 'nolock'],
      };
      return openMounted(wanted, await existing(spec, machine), machine, signal);
    },
  };
}

async function existing({ server, path }: Nfs, machine: Machine): Promise<string | undefined> {
  const mounts = parseMountinfo(await machine.mountinfo());
  const shown = remoteMounts(mounts).filter((each) => !isTunnel(each));
  const named = shown.filter((each) => sameServer(each.server, server));
  const directory = directoryOf(mounts, named, path);
  if (directory !== undefined) return directory;
  // The same server may have been mounted by another name, or by its address.
  const known = shown.filter(({ mount }) => mount.options.has('addr'));
  if (directoryOf(mounts, known, path) === undefined) return undefined;
  const addresses = isIP(server) === 0 ? await machine.addresses(server) : [server];
  const addressed = known.filter(({ mount }) =>
    addresses.some((address) => sameServer(address, mount.options.get('addr') ?? '')),
  );
  return directoryOf(mounts, addressed, path);
}

function sameServer(one: string, other: string): boolean {
  const [a, b] = [canonicalServer(one), canonicalServer(other)];
  return a !== undefined && a === b;
}

/** The way to another server, which mount.efs and others lay through a port of this machine. */
function isTunnel({ server, mount: { options } }: Shown): boolean {
  const port = options.get('port') ?? '0';
  return /^(?:127\.|::1$|localhost$)/.test(server) && port !== '0' && port !== '2049';
}
