import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { join } from 'node:path';
import { childrenOf, isRunning, kill, processId, type ProcessId } from './proc.ts';
import { TIED_TO_US, type Launcher } from './component.ts';
import { run } from './run.ts';
import { until } from './until.ts';
import type { Workspace } from './workspace.ts';

/**
 * A machine inside this machine: namespaces of its own for mounts, processes and the network, on the same file system.
 * Whatever a node does (bridges, nftables, mounts, containers) happens inside, and when its first process ends the
 * kernel ends and removes all of it, a user's nftables and /proc/sys having been left alone.
 */
export interface Box {
  readonly init: ProcessId;
  /** Its address, which this machine reaches. */
  readonly address: string;
  /** This machine's address, as the box reaches it. */
  readonly hostAddress: string;
  /** Starts programs inside, and ends the box with all of them. */
  readonly launcher: Launcher;
}

const SCRIPT = join(import.meta.dirname, 'box.sh');
const UNSHARE = ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child', '--mount-proc'];
const START_MS = 20_000;
const STOP_MS = 20_000;
/** Networks for two, of a range that is set aside for tests and routed nowhere (RFC 2544). */
const networkOf = (slot: number): string => `198.18.${slot}`;
const SLOTS = 100;

export async function createBox(workspace: Workspace): Promise<Box> {
  const init = await startInit(workspace);
  const launcher = { prefix: enter(init), endAll: () => destroy(init) };
  try {
    return { init, launcher, ...(await connect(init)) };
  } catch (error) {
    await destroy(init);
    throw error;
  }
}

/** The start of a command line that runs the rest of it inside. */
export function enter(init: ProcessId): string[] {
  return ['nsenter', '--target', String(init.pid), '--mount', '--net', '--pid', '--'];
}

async function startInit(workspace: Workspace): Promise<ProcessId> {
  // Slave: what this machine mounts later is seen inside, and not the other way round.
  const command = [...UNSHARE, '--propagation', 'slave', '--', 'sh', SCRIPT, workspace.directory];
  const [program = '', ...args] = [...TIED_TO_US.prefix, ...command];
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const signal = AbortSignal.timeout(START_MS);
  try {
    const end = once(child, 'exit', { signal });
    await Promise.race([once(createInterface({ input: child.stdout }), 'line', { signal }), end]);
    const [init] = childrenOf(child.pid ?? 0);
    if (init === undefined) throw new Error('it has ended');
    const id = processId(init);
    workspace.note(id);
    return id;
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Error(`the namespaces of a node could not be made: ${said}`, { cause });
  }
}

/** A cable between this machine and the box. Its name says which network it is, so a network is given to one box only. */
async function connect(init: ProcessId): Promise<Pick<Box, 'address' | 'hostAddress'>> {
  const slot = await plugIn(init, 0);
  const [hostAddress, address] = [`${networkOf(slot)}.1`, `${networkOf(slot)}.2`];
  await run('ip', ['address', 'add', `${hostAddress}/30`, 'dev', linkOf(slot)]);
  await run('ip', ['link', 'set', linkOf(slot), 'up']);
  const inside = async (...args: string[]): Promise<unknown> => {
    const [program = '', ...rest] = [...enter(init), 'ip', ...args];
    return run(program, rest);
  };
  await inside('address', 'add', `${address}/30`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', hostAddress);
  return { address, hostAddress };
}

async function plugIn(init: ProcessId, slot: number): Promise<number> {
  try {
    const peer = ['peer', 'name', 'eth0', 'netns', String(init.pid)];
    await run('ip', ['link', 'add', linkOf(slot), 'type', 'veth', ...peer]);
    return slot;
  } catch (error) {
    if (!/File exists/.test(String(error)) || slot + 1 >= SLOTS) throw error;
    return plugIn(init, slot + 1);
  }
}

/** At most 15 characters. */
function linkOf(slot: number): string {
  return `stowage-e2e-${slot}`;
}

async function destroy(init: ProcessId): Promise<void> {
  kill(init);
  await until({ what: 'the end of the node', timeoutMs: STOP_MS }, () => !isRunning(init));
}
