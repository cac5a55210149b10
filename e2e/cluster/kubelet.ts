import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access } from './access.ts';
import type { ApiClient } from './api-client.ts';
import type { Component } from './component.ts';
import { CONTAINERD_SOCKET } from './containerd.ts';
import { flags } from './flags.ts';
import type { NodeNetwork } from './pod-network.ts';
import type { Workspace } from './workspace.ts';

const AWS_REGION = 'us-east-1';
const ZONE = `${AWS_REGION}a`;

/** Runs the node's pods, with its files under /var/lib/kubelet, as everywhere. */
export async function kubelet(
  programs: string,
  workspace: Workspace,
  network: NodeNetwork,
  { certificates, credentials, client }: Access,
): Promise<Component> {
  // Pods get no name server: services are found by their addresses, and nothing beyond this machine is asked.
  const resolvConf = workspace.path('resolv.conf');
  await writeFile(resolvConf, '# no name server\n');
  const config = workspace.path('kubelet.json');
  const configured = configuration(workspace.id, certificates.authority.cert);
  const paths = { resolvConf, volumePluginDir: workspace.path('volume-plugins') };
  await writeFile(config, JSON.stringify({ ...configured, ...paths })); // JSON is YAML
  const settings = flags({
    config,
    kubeconfig: credentials.kubeconfigs.node,
    'hostname-override': network.nodeName,
    'node-ip': network.address,
    // As a machine of AWS says who and where it is: the driver of EFS asks for it.
    'provider-id': `aws:///${ZONE}/i-0123456789abcdef0`,
    'node-labels': `topology.kubernetes.io/region=${AWS_REGION},topology.kubernetes.io/zone=${ZONE}`,
  });
  return {
    name: 'kubelet',
    command: [join(programs, 'kubelet'), ...settings],
    ready: () => isNodeReady(client, network.nodeName),
  };
}

function configuration(cgroup: string, authority: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    // The node is a guest: the machine's swap, its full disk and its kernel's settings are not its to judge or change.
    failSwapOn: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    protectKernelDefaults: true,
    // Heard of more often than by default, as it is missed sooner (see the controller manager).
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: 8,
    serializeImagePulls: false,
  };
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function isNodeReady(client: ApiClient, name: string): Promise<boolean> {
  const { status, body } = await client.get(`/api/v1/nodes/${name}`);
  if (status !== 200) return false;
  const { status: { conditions = [] } = {} } = JSON.parse(body) as NodeObject;
  return conditions.some((each) => each.type === 'Ready' && each.status === 'True');
}
