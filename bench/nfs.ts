/**
 * A directory as an NFS mount shows it: a real nfs-ganesha on this machine, and a client in user space (nfs/main.go)
 * for kernels that have none. Needs root, Go and Debian's nfs-ganesha, nfs-ganesha-vfs and rpcbind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT, TRANSIENT } from './paths.ts';
import { run } from './run.ts';

const RPCBIND_PORT = 111;
const NFS_PORT = 22049;
const MOUNTD_PORT = 22050;

/** Runs `use` with the path below which `directory` is mounted read-only. */
export async function withNfs<T>(directory: string, use: (mounted: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(`${TRANSIENT}nfs-`);
  const client = `${scratch}/nfs-mount`;
  await run(['go', 'build', '-C', `${ROOT}bench/nfs`, '-o', client, '.']);
  await writeFile(`${scratch}/ganesha.conf`, configuration(directory));
  await mkdir(`${scratch}/mounted`);
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
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
    await until(NFS_PORT);
    await until(MOUNTD_PORT);
    const mount = start(client, `127.0.0.1:${directory}`, `${scratch}/mounted`);
    await Promise.race([
      once(mount.stdout ?? mount, 'data'),
      once(mount, 'exit').then(() => Promise.reject(new Error('the mount failed'))),
    ]);
    return await use(`${scratch}/mounted`);
  } finally {
    // The client first: it unmounts. Then the server, then what it registered with.
    for (const child of started) await stop(child);
  }
}

function configuration(directory: string): string {
  return `
    NFS_CORE_PARAM {
      Protocols = 3; Bind_addr = 127.0.0.1; NFS_Port = ${NFS_PORT}; MNT_Port = ${MOUNTD_PORT};
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

async function until(port: number): Promise<void> {
  for (let tries = 0; tries < START_SECONDS * 10; tries += 1) {
    if (await listens(port)) return;
    await delay(100);
  }
  throw new Error(`nothing listens on port ${port}; are nfs-ganesha, nfs-ganesha-vfs and rpcbind installed?`);
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
