import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { findTool } from '../../test/support/tools.ts';
import { CNI_PLUGINS } from './pod-network.ts';

/** What of a machine decides whether a cluster can be started on it. */
export interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Tried, and only asked of root. */
  canMakeNamespaces(): boolean;
  has(program: string): boolean;
}

const CONTROL_PLANE = ['go', 'openssl', 'setpriv'];
const NODE = [
  ...CONTROL_PLANE,
  ...['unshare', 'nsenter', 'ip', 'nft', 'iptables', 'conntrack', 'runc', `${CNI_PLUGINS}/ptp`],
  ...['busybox', 'crane', 'distribution-registry'],
];

/** Real servers and what tells their ports and statistics. */
const NFS = [
  'ganesha.nfsd',
  '/usr/lib/*/ganesha/libfsalvfs.so',
  'rpcbind',
  'rpcinfo',
  'dbus-daemon',
  'dbus-send',
];

/** Why a node has no NFS server; undefined when it can have one. */
export function nfsUnmet(machine: Machine = thisMachine()): string | undefined {
  return lacking(machine, NFS);
}

/** What are no Go modules, and so found where scripts/setup-tools.sh finds them. */
export const EFS_DRIVER = 'aws-efs-csi-driver';
export const KANIKO = 'kaniko-executor';

/** Why a node has no volumes of EFS, which are such of NFS; undefined when it can have them. */
export function efsUnmet(machine: Machine = thisMachine()): string | undefined {
  return lackingPrebuilt(machine, EFS_DRIVER) ?? nfsUnmet(machine);
}

/** Why nothing can be built with Kaniko; undefined when it can. */
export function kanikoUnmet(machine: Machine = thisMachine()): string | undefined {
  return lackingPrebuilt(machine, KANIKO);
}

function lackingPrebuilt(machine: Machine, program: string): string | undefined {
  return machine.has(program) ? undefined : `it needs ${program}: see scripts/setup-tools.sh`;
}

/** Why `startControlPlane` cannot work here; undefined when it can. */
export function controlPlaneUnmet(machine: Machine = thisMachine()): string | undefined {
  if (machine.platform !== 'linux') return 'it needs Linux';
  return lacking(machine, CONTROL_PLANE);
}

/** Why `startNode` cannot work here; undefined when it can. */
export function nodeUnmet(machine: Machine = thisMachine()): string | undefined {
  if (machine.platform !== 'linux') return 'it needs Linux';
  if (!machine.isRoot) return 'it needs root';
  const missing = lacking(machine, NODE);
  if (missing !== undefined) return missing;
  return machine.canMakeNamespaces()
    ? undefined
    : 'it needs to make namespaces, which this container may not';
}

function lacking(machine: Machine, programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !machine.has(program));
  return missing.length === 0 ? undefined : `it needs ${missing.join(', ')}: run e2e/setup.sh as root`;
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    canMakeNamespaces: () =>
      spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0,
    has: (program) =>
      program.startsWith('/') ? globSync(program).length > 0 : findTool(program) !== undefined,
  };
}
