import { CONTROLLER_NAME, HTTP_PORT } from '../api/installation.ts';
import { COMMON_LABELS, SELECTOR, type Manifest } from './manifest.ts';

/** Where API servers listen, behind their Service: clouds; kubeadm, kind and k3s; minikube; MicroK8s. */
const API_SERVER_PORTS = [443, 6443, 8443, 16_443];
const DNS_PORT = 53;

/** The Service that metrics are scraped from. */
export function metricsService(namespace: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: CONTROLLER_NAME, namespace, labels: { ...COMMON_LABELS, ...SELECTOR } },
    spec: { selector: SELECTOR, ports: [{ name: 'http', port: HTTP_PORT, targetPort: 'http' }] },
  };
}

/**
 * Who may speak with the controller: anybody to its one port, and it to the API server and to DNS. It never speaks to
 * registries; builder pods do. A policy cannot name the API server, so ports stand for it.
 */
export function networkPolicy(namespace: string): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: CONTROLLER_NAME, namespace, labels: COMMON_LABELS },
    spec: {
      podSelector: { matchLabels: SELECTOR },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: HTTP_PORT }] }],
      egress: [
        { ports: API_SERVER_PORTS.map((port) => ({ protocol: 'TCP', port })) },
        { ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: DNS_PORT })) },
      ],
    },
  };
}
