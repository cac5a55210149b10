import { join } from 'node:path';
import type { Access } from './access.ts';
import { answers } from './answers.ts';
import type { Component } from './component.ts';
import { flags } from './flags.ts';
import type { NodeNetwork } from './pod-network.ts';

const HEALTH_PORT = 10_256;

/** Makes services' addresses lead to their pods, with nftables: that is how pods reach the API server. */
export function kubeProxy(programs: string, { credentials }: Access, network: NodeNetwork): Component {
  const health = `${network.address}:${HEALTH_PORT}`;
  const settings = flags({
    kubeconfig: credentials.kubeconfigs.proxy,
    'hostname-override': network.nodeName,
    'proxy-mode': 'nftables',
    'cluster-cidr': network.podNetwork,
    'bind-address': network.address,
    'healthz-bind-address': health,
    // The limits on tracked connections are the machine's, not the node's: 0 leaves them.
    'conntrack-max-per-core': 0,
    'conntrack-tcp-timeout-established': '0s',
    'conntrack-tcp-timeout-close-wait': '0s',
  });
  return {
    name: 'kube-proxy',
    command: [join(programs, 'kube-proxy'), ...settings],
    ready: () => answers(`http://${health}/healthz`),
  };
}
