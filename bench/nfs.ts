/**
 * A directory as an NFS mount shows it: a real nfs-ganesha on this machine, and the client in user space of the
 * test cluster (e2e/go/nfs) for kernels that have none. Needs root, Go and Debian's nfs-ganesha, nfs-ganesha-vfs and rpcbind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { mountNfs } from '../e2e/cluster/build.ts';
import type { Link } from './link.ts';
import { TRANSIENT } from './paths.ts';
import { run } from './run.ts';

const RPCBIND_PORT = 111;
const NFS_PORT = 22049;
const MOUNTD_PORT = 22050;
const LOOPBACK: Link = { address: '127.0.0.1', enter: [] };

/**
 * Runs `use` with the path below which `directory` is mounted read-only.
 * @param link between client and server. Default: none, they share the machine
 */
export async function withNfs<T>(
  directory: string,
  use: (mounted: string) => Promise<T>,
  { address, enter }: Link = LOOPBACK,
): Promise<T> {
  const scratch = await mkdtemp(`${TRANSIENT}nfs-`);
  const client = await mountNfs();
  await writeFile(`${scratch}/ganesha.conf`, configuration(directory, address));
  const mounted = `${scratch}/mounted`;
  await mkdir(mounted);
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: 'ignore' });
    started.unshift(child);
    return child;
  };
  try {
    if (!(await listens(RPCBIND_PORT))) start('rpcbind', '-f');
    await until(RPCBIND_PORT);
    start(
      'ganesha.nfsd',
      '-F',
      '-f',
      `${scratch}/ganesha.conf`,
      '-L',
      `${scratch}/log`,
      '-p',
      `${scratch}/pid`,
    );
    await until(NFS_PORT, address);
    await until(MOUNTD_PORT, address);
    const ports = `port=${NFS_PORT},mountport=${MOUNTD_PORT}`;
    await run([...enter, client, `${address}:${directory}`, mounted, '-o', `ro,soft,nfsvers=3,${ports}`]);
    try {
      return await use(mounted);
    } finally {
      await run(['umount', mounted]); // the client ends with it
    }
  } finally {
    // The server, then what it registered with.
    for (const child of started) await stop(child);
  }
}

function configuration(directory: string, address: string): string {
  return `
    NFS_CORE_PARAM {
      Protocols = 3; Bind_addr = ${address}; NFS_Port = ${NFS_PORT}; MNT_Port = ${MOUNTD_PORT};
      Enable_NLM = false; Enable_RQUOTA = false;
    }
    EXPORT {
      Export_Id = 1; Path = ${JSON.stringify(directory)}; Pseudo = /model; Access_Type = RO; Squash = No_Root_Squash;
      SecType = sys; Transports = TCP; FSAL { Name = VFS; }
    }
    LOG { Default_Log_Level = CRIT; }
  `;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** How long a server may take to listen; ganesha takes a few seconds to look for a Kerberos realm that is not there. */
const START_SECONDS = 30;

async function until(port: number, address = LOOPBACK.address): Promise<void> {
  for (let tries = 0; tries < START_SECONDS * 10; tries += 1) {
    if (await listens(port, address)) return;
    await delay(100);
  }
  throw new Error(`nothing listens on port ${port}; are nfs-ganesha, nfs-ganesha-vfs and rpcbind installed?`);
}

async function listens(port: number, address = LOOPBACK.address): Promise<boolean> {
  const socket = connect(port, address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
