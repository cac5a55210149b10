import { tool } from '../../test/support/tools.ts';
import type { Access } from './access.ts';
import { createBox, type Box } from './box.ts';
import { buildPrograms, type Programs } from './build.ts';
import { createCgroup } from './cgroups.ts';
import type { Cluster, OwnCluster } from './cluster.ts';
import type { Running } from './component.ts';
import { containerd } from './containerd.ts';
import { ownKubectl, startApiServer } from './control-plane.ts';
import { controllerManager } from './controller-manager.ts';
import { pushBusybox } from './images.ts';
import { kubeProxy } from './kube-proxy.ts';
import { kubelet } from './kubelet.ts';
import { installMountHelpers } from './mount-helpers.ts';
import { placeAt } from './place.ts';
import { POD_NETWORK, writePodNetwork, type NodeNetwork } from './pod-network.ts';
import { processGroup, type ProcessGroup } from './process-group.ts';
import { registry } from './registry.ts';
import { scheduler } from './scheduler.ts';
import { removeWorkspace, sweep } from './sweep.ts';
import { volumesOf } from './volumes.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const NODE_NAME = 'stowage-e2e';
/** It takes about 5 s on 2 cores that have nothing else to do. */
const READY_MS = 120_000;

/** A cluster that is being started. */
interface Site {
  readonly programs: Programs;
  readonly workspace: Workspace;
  readonly box: Box;
  readonly group: ProcessGroup;
  readonly network: NodeNetwork;
}

/** A whole cluster with one node and a registry, in namespaces of this machine. Needs root. */
export async function startNode(): Promise<OwnCluster> {
  await sweep();
  const programs = await buildPrograms();
  const workspace = createWorkspace();
  let group: ProcessGroup | undefined;
  const stop = async (): Promise<void> => {
    await group?.stop();
    await removeWorkspace(workspace.directory);
  };
  try {
    createCgroup(workspace.id);
    await installMountHelpers(workspace, programs.mountNfs);
    const box = await createBox(workspace);
    group = processGroup(workspace, box.launcher);
    const network = { nodeName: NODE_NAME, address: box.address, podNetwork: POD_NETWORK };
    return { cluster: await startAll({ programs, workspace, box, group, network }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(site: Site): Promise<Cluster> {
  const { programs, workspace, box, group } = site;
  const plane = startApiServer(programs.kubernetes, workspace, group, {
    place: placeAt(box.address),
    nodeName: NODE_NAME,
  });
  // Meanwhile what needs no API server.
  const [access, ground] = await Promise.all([plane, startGround(site)]);
  const managed = group.start(controllerManager(programs.kubernetes, workspace, access));
  group.start(scheduler(programs.kubernetes, access));
  const node = await startKubelet(site, access);
  await managed.whenReady(READY_MS);
  await access.client.close();
  return {
    kubeconfig: access.credentials.kubeconfigs.admin,
    kubectl: ownKubectl(programs.kubernetes, workspace),
    registry: { host: ground.host, plainHttp: true },
    busybox: ground.busybox,
    node: {
      name: NODE_NAME,
      address: box.address,
      directory: workspace.directory,
      hostAddress: box.hostAddress,
      init: box.init,
      kubelet: node.process(),
    },
    ...volumesOf(programs),
  };
}

/** The registry with the image that every pod needs, and containerd. */
async function startGround(site: Site): Promise<{ host: string; busybox: string }> {
  const { programs, workspace, box, group } = site;
  const { host, component } = await registry(tool('distribution-registry'), workspace, box.address);
  await group.start(component).whenReady(READY_MS);
  const busybox = await pushBusybox({ host, plainHttp: true });
  const runtime = await containerd(programs.containerd, workspace, {
    pauseImage: busybox,
    registry: host,
    cniDirectory: await writePodNetwork(workspace),
    enter: box.launcher.prefix,
  });
  await group.start(runtime).whenReady(READY_MS);
  return { host, busybox };
}

async function startKubelet(site: Site, access: Access): Promise<Running> {
  const { programs, workspace, group, network } = site;
  const node = group.start(await kubelet(programs.kubernetes, workspace, network, access));
  const proxy = group.start(kubeProxy(programs.kubernetes, access, network));
  await node.whenReady(READY_MS);
  await proxy.whenReady(READY_MS);
  return node;
}
