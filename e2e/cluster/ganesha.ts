import { mkdir, writeFile } from 'node:fs/promises';
import type { Component } from './component.ts';
import { run } from './run.ts';
import type { Workspace } from './workspace.ts';

/** What an NFS server gives to clients. */
export interface NfsExport {
  /** What clients call it: `/models`. */
  readonly path: string;
  /** What it is on this machine. */
  readonly directory: string;
  /** Whether the server takes root for nobody, as most do. Default: none. */
  readonly squash?: 'none' | 'root';
  /** Addresses of those who may mount it. Default: everybody. */
  readonly clients?: readonly string[];
}

const SERVER = 'ganesha';
/** Where it listens; rpcbind tells others. */
const NFS_PORT = 2049;
const MOUNT_PORT = 20_048;
/** As rpcinfo wants them: a number, and a version. */
const MOUNT_PROGRAM = ['100005', '3'];
const PORTMAPPER = '100000';

/** On the bus: the bus itself, the server, and what was read of an export. */
const BUS = 'org.freedesktop.DBus';
const SERVICE = 'org.ganesha.nfsd';
const EXPORTS = '/org/ganesha/nfsd/ExportMgr';
const STATISTICS = 'org.ganesha.nfsd.exportstats.GetNFSv3IO';

/** A real NFS server, nfs-ganesha, inside a node, with what it takes: rpcbind, and a message bus to ask it over. */
export interface Ganesha {
  readonly server: Component;
  readonly servants: readonly Component[];
  /** The bytes that clients have read of an export since the server was started. */
  readonly bytesRead: (index: number) => Promise<number>;
}

/** @param inside the start of a command line that runs the rest of it in the node */
export async function ganesha(
  workspace: Workspace,
  address: string,
  exports: readonly NfsExport[],
  inside: readonly string[],
): Promise<Ganesha> {
  const directory = workspace.path('nfs');
  await mkdir(directory, { recursive: true });
  const [config, busConfig, socket] = [
    `${directory}/ganesha.conf`,
    `${directory}/bus.conf`,
    `${directory}/bus`,
  ];
  const bus = `unix:path=${socket}`;
  await writeFile(config, configuration(address, exports));
  await writeFile(busConfig, busConfiguration(bus));
  const ask = async (...command: string[]): Promise<string> => {
    const [program = '', ...args] = [...inside, ...command];
    return run(program, args);
  };
  const registered = async (...program: string[]): Promise<boolean> =>
    (await ask('rpcinfo', '-T', 'tcp', address, ...program)).includes('ready');
  const isOnBus = async (name: string): Promise<boolean> =>
    (await ask(...call(bus, BUS, '/', `${BUS}.NameHasOwner`, `string:${name}`))).includes('boolean true');
  const log = workspace.path('logs', `${SERVER}.log`);
  return {
    server: {
      name: SERVER,
      command: ['ganesha.nfsd', '-F', '-f', config, '-L', log, '-p', `${directory}/pid`],
      env: { DBUS_SYSTEM_BUS_ADDRESS: bus },
      ready: async () => (await registered(...MOUNT_PROGRAM)) && (await isOnBus(SERVICE)),
    },
    servants: [
      { name: 'rpcbind', command: ['rpcbind', '-f'], ready: () => registered(PORTMAPPER) },
      {
        name: 'dbus-daemon',
        command: ['dbus-daemon', `--config-file=${busConfig}`, '--nofork', '--nopidfile'],
        // The socket of a bus before this one may still be there, with nobody behind it.
        ready: () => isOnBus(BUS),
      },
    ],
    bytesRead: async (index) =>
      transferred(await ask(...call(bus, SERVICE, EXPORTS, STATISTICS, `uint16:${idOf(index)}`))),
  };
}

/** A command that asks somebody on the bus. */
function call(bus: string, ...[to, object, method, argument]: [string, string, string, string]): string[] {
  return ['dbus-send', `--bus=${bus}`, '--print-reply', `--dest=${to}`, object, method, argument];
}

/** Of an export that nobody has read yet there are no statistics. Otherwise: two of the time, what was wanted, what was sent. */
function transferred(reply: string): number {
  const numbers = [...reply.matchAll(/uint64 (\d+)/g)].map(([, digits]) => Number(digits));
  return numbers[3] ?? 0;
}

function idOf(index: number): number {
  return index + 1;
}

function configuration(address: string, exports: readonly NfsExport[]): string {
  return `
    NFS_CORE_PARAM {
      Protocols = 3; Bind_addr = ${address}; NFS_Port = ${NFS_PORT}; MNT_Port = ${MOUNT_PORT};
      Enable_NLM = false; Enable_RQUOTA = false; mount_path_pseudo = true;
    }
    # It would look for a Kerberos realm for seconds.
    NFS_KRB5 { Active_krb5 = false; }
    ${exports.map(exportBlock).join('')}
    LOG { Default_Log_Level = EVENT; }
  `;
}

function exportBlock({ path, directory, squash, clients }: NfsExport, index: number): string {
  const allowed =
    clients === undefined ? '' : `CLIENT { Clients = ${clients.join(', ')}; Access_Type = RO; }`;
  return `
    EXPORT {
      Export_Id = ${idOf(index)}; Path = ${JSON.stringify(directory)}; Pseudo = ${JSON.stringify(path)};
      Access_Type = ${clients === undefined ? 'RO' : 'NONE'}; ${allowed}
      Squash = ${squash === 'root' ? 'Root_Squash' : 'No_Root_Squash'};
      # What is changed behind its back is seen at once.
      Attr_Expiration_Time = 0; SecType = sys; Transports = TCP; FSAL { Name = VFS; }
    }`;
}

function busConfiguration(address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <listen>${address}</listen>
      <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
    </busconfig>`;
}
