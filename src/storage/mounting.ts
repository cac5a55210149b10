import { StowageError } from '../errors.ts';
import { shellWord } from '../telemetry/shell-word.ts';
import type { Machine } from './machine.ts';
import { parseMountinfo } from './mountinfo.ts';
import { look } from './look.ts';
import { meaningOf, type Saying } from './saying.ts';
import type { Source } from './storage.ts';

/** What is to be mounted. */
export interface Wanted {
  readonly type: 'nfs' | 'efs';
  /** As mount takes it: SERVER:PATH. */
  readonly source: string;
  /** Besides `ro`. */
  readonly options: readonly string[];
  readonly sayings: readonly Saying[];
}

/** How long a mount may take, in milliseconds: its options bound it to about a minute where no server answers. */
const MOUNT_WITHIN = 90_000;

/** A server that is gone may keep an unmount waiting. It is then unmounted without it. */
const UNMOUNT_WITHIN = 20_000;

/**
 * Where a server's directory is to be read on this machine: where it is mounted already, or in a new directory where it
 * is mounted for as long as it is open.
 * @param existing the directory where it is mounted
 * @throws StorageUnsupported where this process may not mount, MountDenied, ServerUnreachable, ExportNotFound, …
 */
export async function openMounted(
  wanted: Wanted,
  existing: string | undefined,
  machine: Machine,
  signal: AbortSignal,
): Promise<Source> {
  if (existing === undefined) return mount(wanted, machine, signal);
  await look(existing, wanted, machine, signal);
  return { directory: existing, close: () => Promise.resolve() };
}

/** @throws StorageUnsupported on a system whose mounts are not known here */
export function requireMounts(what: string, { mounts }: Machine): void {
  if (mounts) return;
  throw new StowageError('StorageUnsupported', `${what} is found and mounted on Linux only`, {
    hint: 'Mount it and declare the directory as localStorage.',
  });
}

async function mount(wanted: Wanted, machine: Machine, signal: AbortSignal): Promise<Source> {
  refuseWhereNotAllowed(wanted, machine);
  signal.throwIfAborted();
  const directory = await machine.makeDirectory();
  try {
    const { code, output } = await machine.run(callOf(wanted, directory), MOUNT_WITHIN, signal);
    signal.throwIfAborted();
    if (code !== 0) throw failed(wanted, code, output);
    await look(directory, wanted, machine, signal);
  } catch (error) {
    // The error is what people need; a directory that is left over is empty, or said by the next call.
    await unmount(directory, machine).catch(() => undefined);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return { directory, close: () => (closing ??= unmount(directory, machine)) };
}

function callOf({ type, source, options }: Wanted, directory: string): string[] {
  return ['mount', '-t', type, '-o', ['ro', ...options].join(','), source, directory];
}

function refuseWhereNotAllowed(wanted: Wanted, machine: Machine): void {
  const { type, source } = wanted;
  const helped = machine.hasHelper(type);
  if (machine.mayMount && helped) return;
  const why = helped ? 'only root can mount it' : `there is no program that mounts it (mount.${type})`;
  const packages = type === 'nfs' ? 'nfs-common or nfs-utils' : 'amazon-efs-utils';
  throw new StowageError('StorageUnsupported', `${source} is not mounted on this machine, and ${why}`, {
    hint: `Mount it, anywhere: sudo ${callOf(wanted, 'DIRECTORY').map(shellWord).join(' ')}. Or run this as root${helped ? '' : `, with ${packages} installed`}.`,
  });
}

function failed({ source, sayings }: Wanted, code: number | undefined, output: string): StowageError {
  const words = output === '' ? `mount ended with ${String(code)}` : output;
  if (code === undefined)
    return new StowageError(
      'ServerUnreachable',
      `${source} was not mounted within ${MOUNT_WITHIN / 1000} s${output === '' ? '' : `: ${output}`}`,
      { retryable: true, hint: 'Check that its server runs, and that this machine can reach it.' },
    );
  return (
    meaningOf(`${source}: ${words}`, sayings) ??
    new StowageError('MountFailed', `${source} cannot be mounted: ${words}`, { retryable: true })
  );
}

/** Unmounts what is mounted there, and removes the directory. @throws MountFailed */
async function unmount(directory: string, machine: Machine): Promise<void> {
  for (const how of [[], ['-l']]) {
    if (!(await isMounted(directory, machine))) break;
    await machine.run(['umount', ...how, directory], UNMOUNT_WITHIN);
  }
  try {
    await machine.removeDirectory(directory);
  } catch (error) {
    throw new StowageError('MountFailed', `${directory} cannot be unmounted and removed`, {
      cause: error,
      hint: `Do it by hand: umount -l ${shellWord(directory)} && rmdir ${shellWord(directory)}`,
    });
  }
}

async function isMounted(directory: string, machine: Machine): Promise<boolean> {
  return parseMountinfo(await machine.mountinfo()).some(({ mountPoint }) => mountPoint === directory);
}
