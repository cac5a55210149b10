import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/** Where Debian puts the plugins of containernetworking-plugins. */
export const CNI_PLUGINS = '/usr/lib/cni';

export interface NodeNetwork {
  readonly nodeName: string;
  readonly address: string;
  /** Pods get addresses from here. */
  readonly podNetwork: string;
}

export const POD_NETWORK = '10.244.0.0/24';

/**
 * Writes the CNI configuration, and gives its directory. Each pod has a cable of its own to the node (`ptp`) and not a
 * port of a bridge: a reply between two pods on a bridge would pass by the nftables that translated the service's
 * address, unless the kernel has br_netfilter.
 */
export async function writePodNetwork(workspace: Workspace): Promise<string> {
  const directory = workspace.path('cni');
  await mkdir(directory);
  const network = {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: POD_NETWORK }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  };
  await writeFile(join(directory, '10-pods.conflist'), JSON.stringify(network));
  return directory;
}
