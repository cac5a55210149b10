import { mkdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Cluster, EfsPrograms, LocalNode } from './cluster.ts';
import type { Component } from './component.ts';
import { EFS, EFS_ACCOUNT, EFS_OBJECTS } from './efs-objects.ts';
import { startInNode, type AddedProgram } from './in-node.ts';
import { create, get, kubectl } from './kubectl.ts';
import { installMountHelper, mountCalls, type MountCall } from './mount-helpers.ts';
import type { NfsServer } from './nfs-server.ts';
import { until } from './until.ts';

/** The driver of AWS EFS on a node, the real one, with an NFS server for AWS. */
export interface EfsDriver {
  /** What the driver had mounted, in its order: `source` is `fs-…:/path`. */
  mounts(): MountCall[];
  /** Kills it, as a lack of memory does. It stays registered. */
  crash(): Promise<void>;
  /** Starts it again, on the node that it has crashed on or left. */
  restart(): Promise<void>;
  /** Takes it from the node as if its DaemonSet did not run there. The cluster still knows it. */
  leaveNode(): Promise<void>;
  /** Ends it, and removes every trace of it from the cluster. May be called again. */
  remove(): Promise<void>;
}

export interface EfsCluster extends Cluster {
  readonly node: LocalNode;
  readonly efs: EfsPrograms;
}

const KUBELET = '/var/lib/kubelet';
const PLUGIN = `${KUBELET}/plugins/${EFS}`;
const SOCKET = `${PLUGIN}/csi.sock`;
const REGISTRATION = `${KUBELET}/plugins_registry/${EFS}-reg.sock`;
const ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet makes up its mind about plugins in steps of seconds. */
const REGISTERED_MS = 60_000;

/**
 * Starts the driver and registers it. Its file systems are the exports `/fs-…` of the NFS server, its access points the
 * exports `/fsap-…`; who is not among an export's `clients` is denied.
 */
export async function startEfsDriver(cluster: EfsCluster, nfs: NfsServer): Promise<EfsDriver> {
  const { node } = cluster;
  const since = mountCalls(node).length;
  await create(cluster, ...EFS_OBJECTS);
  const onNode = nodePart(cluster);
  const remove = async (): Promise<void> => {
    await onNode.leaveNode();
    await deleteObjects(cluster);
  };
  try {
    await prepare(cluster, nfs);
    await onNode.restart();
  } catch (error) {
    await remove();
    throw error;
  }
  const isOurs = ({ helper }: MountCall): boolean => helper === 'efs';
  return { mounts: () => mountCalls(node).slice(since).filter(isOurs), ...onNode, remove };
}

/** The driver and its registrar. */
function nodePart(cluster: EfsCluster): Pick<EfsDriver, 'crash' | 'restart' | 'leaveNode'> {
  const { node, efs } = cluster;
  const components = [driver(node, efs), registrar(node, efs)];
  const running = new Map<Component, AddedProgram>();
  const end = async (component: Component | undefined): Promise<void> => {
    const program = component && running.get(component);
    await program?.end();
    if (component) running.delete(component);
  };
  return {
    crash: () => end(components[0]),
    async restart() {
      for (const each of components) {
        if (!running.has(each)) running.set(each, await startInNode(node, each));
      }
      await untilRegistered(cluster, true);
    },
    async leaveNode() {
      for (const each of components) await end(each);
      await rm(pathIn(node, REGISTRATION), { force: true });
      await untilRegistered(cluster, false);
    },
  };
}

/** The account, as a pod has it, and mount.efs. */
async function prepare(cluster: EfsCluster, nfs: NfsServer): Promise<void> {
  const { node, efs } = cluster;
  const { name, namespace } = EFS_ACCOUNT;
  const token = await kubectl(cluster, ['create', 'token', name, '--duration=24h'], { namespace });
  const { data } = await get<{ data: Record<string, string> }>(
    cluster,
    ['configmap', 'kube-root-ca.crt'],
    namespace,
  );
  for (const path of [ACCOUNT, PLUGIN, '/etc/amazon', '/run/efs/static']) {
    await mkdir(pathIn(node, path), { recursive: true });
  }
  await writeFile(pathIn(node, `${ACCOUNT}/token`), token.trim());
  await writeFile(pathIn(node, `${ACCOUNT}/ca.crt`), data['ca.crt'] ?? '');
  const exports = join(node.directory, 'efs-exports');
  const lines = nfs.exports.map(({ path, clients }) => {
    const isOpen = clients === undefined || clients.includes(node.address);
    return `${isOpen ? 'open' : 'closed'} ${path}\n`;
  });
  await writeFile(exports, lines.join(''));
  const script = join(import.meta.dirname, 'mount-efs.sh');
  const command = ['exec sh', script, `${efs.mountNfs}4`, nfs.address, exports, '"$@"'].join(' ');
  await installMountHelper(pathIn(node, '/sbin'), 'efs', node.directory, [command]);
}

function driver(node: LocalNode, { driver: program }: EfsPrograms): Component {
  return {
    name: 'efs-driver',
    command: [
      program,
      `--endpoint=unix://${SOCKET}`,
      ...['--efs-utils-config-dir-path=/run/efs/config', '--efs-utils-static-files-path=/run/efs/static'],
    ],
    env: {
      CSI_NODE_NAME: node.name,
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      // Nobody of AWS is asked; the node's labels tell what the driver has to know.
      AWS_EC2_METADATA_DISABLED: 'true',
      DISABLE_TAINT_WATCHER: '1',
    },
    // What one that was killed has left is there before.
    ready: () => answersAt(node, SOCKET),
  };
}

function registrar(node: LocalNode, { csiRegistrar }: EfsPrograms): Component {
  return {
    name: 'efs-registrar',
    command: [csiRegistrar, EFS, SOCKET, REGISTRATION],
    ready: () => answersAt(node, REGISTRATION),
  };
}

async function answersAt(node: LocalNode, path: string): Promise<boolean> {
  const socket = connect(pathIn(node, path));
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

/** A path of the node, as it is found from here. */
function pathIn({ init }: LocalNode, path: string): string {
  return `/proc/${init.pid}/root${path}`;
}

interface CsiNode {
  readonly spec: { readonly drivers?: readonly { readonly name: string }[] | null };
}

export async function isRegistered(cluster: EfsCluster): Promise<boolean> {
  const { spec } = await get<CsiNode>(cluster, ['csinode', cluster.node.name]);
  return (spec.drivers ?? []).some(({ name }) => name === EFS);
}

async function untilRegistered(cluster: EfsCluster, wanted: boolean): Promise<void> {
  const what = `driver ${EFS} ${wanted ? 'on' : 'gone from'} the node`;
  await until({ what, timeoutMs: REGISTERED_MS }, async () => (await isRegistered(cluster)) === wanted);
}

async function deleteObjects(cluster: Cluster): Promise<void> {
  for (const { kind, metadata } of EFS_OBJECTS) {
    const scope = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
    await kubectl(cluster, ['delete', kind, metadata.name, '--ignore-not-found'], scope);
  }
}
