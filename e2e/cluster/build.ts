/**
 * Builds Kubernetes, containerd and the rest of a node from their Go modules into the user's cache, and says where they are.
 * usage: node e2e/cluster/build.ts
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { programsOf, type GoModule } from './go-module.ts';
import { say } from './say.ts';

const MODULES = resolve(import.meta.dirname, '../go');
const VERSION = 'k8s.io/component-base/version';

/** Where the programs of a cluster lie. */
export interface Programs {
  /** etcd, kubectl and the parts of Kubernetes. */
  readonly kubernetes: string;
  /** containerd, its shim, ctr. */
  readonly containerd: string;
  /** The node's mount.nfs, and mount.nfs4, which is the same. */
  readonly mountNfs: string;
  readonly csiRegistrar: string;
}

/** Everything of Kubernetes, and etcd, as one program with many names. */
export async function kubernetesPrograms(): Promise<string> {
  return programsOf(kubernetes(), { cache: programCache(), say });
}

export async function containerdPrograms(): Promise<string> {
  return programsOf(CONTAINERD, { cache: programCache(), say });
}

/** A client of NFS in user space; the benchmark mounts with it too. */
export async function mountNfs(): Promise<string> {
  return join(await programsOf(MOUNT_NFS, { cache: programCache(), say }), 'mount.nfs');
}

/** Tells the kubelet of a CSI driver. */
export async function csiRegistrar(): Promise<string> {
  return join(await programsOf(CSI_REGISTRAR, { cache: programCache(), say }), 'csi-registrar');
}

/** One after the other: each takes all the cores there are. */
export async function buildPrograms(): Promise<Programs> {
  return {
    kubernetes: await kubernetesPrograms(),
    containerd: await containerdPrograms(),
    mountNfs: await mountNfs(),
    csiRegistrar: await csiRegistrar(),
  };
}

/** `$XDG_CACHE_HOME/stowage/e2e`, outside of the checkout, so that a fresh clone does not build again. */
export function programCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'stowage', 'e2e');
}

function kubernetes(): GoModule {
  const directory = join(MODULES, 'kubernetes');
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(
    readFileSync(join(directory, 'go.mod'), 'utf8'),
  );
  const [, full = '', major = '', minor = ''] = version ?? [];
  // Release builds set these; without them the API server and the node call themselves v0.0.0.
  const named = [`gitVersion=${full}`, `gitMajor=${major}`, `gitMinor=${minor}`];
  return {
    title: 'Kubernetes',
    directory,
    packages: ['.'],
    flags: ['-ldflags', ['-s', '-w', ...named.map((each) => `-X ${VERSION}.${each}`)].join(' ')],
    links: Object.fromEntries(PARTS.map((part) => [part, 'kubernetes'])),
  };
}

const PARTS = [
  'etcd',
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
];

const CONTAINERD: GoModule = {
  title: 'containerd',
  directory: join(MODULES, 'containerd'),
  packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
    (name) => `github.com/containerd/containerd/v2/cmd/${name}`,
  ),
  // These snapshotters need C libraries or kernel modules, and nothing here uses them.
  flags: ['-tags', 'no_btrfs,no_zfs,no_devmapper', '-ldflags', '-s -w'],
  links: {},
};

const MOUNT_NFS: GoModule = {
  title: 'mount.nfs',
  directory: join(MODULES, 'nfs'),
  packages: ['.'],
  flags: ['-ldflags', '-s -w'],
  links: { 'mount.nfs4': 'mount.nfs' },
};

const CSI_REGISTRAR: GoModule = {
  title: 'csi-registrar',
  directory: join(MODULES, 'csi-registrar'),
  packages: ['.'],
  flags: ['-ldflags', '-s -w'],
  links: {},
};

if (import.meta.main) {
  process.stdout.write(`${Object.values<string>({ ...(await buildPrograms()) }).join('\n')}\n`);
}
