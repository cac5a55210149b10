import { join } from 'node:path';
import type { Access } from './access.ts';
import type { Component } from './component.ts';
import { flags } from './flags.ts';
import { LOOPBACK, type Place } from './place.ts';

/** Services get addresses from here, and the API server's own is the first. */
const SERVICE_NETWORK = '10.96.0.0/24';
const API_SERVICE = '10.96.0.1';

/** The names by which the API server is reached, for its certificate. */
export function apiServerNames(place: Place): string[] {
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return [`IP:${place.address}`, `IP:${API_SERVICE}`, ...names.map((name) => `DNS:${name}`)];
}

/** Default admission, so with Pod Security and service accounts; RBAC and the node authorizer. */
export function apiServer(programs: string, place: Place, access: Access): Component {
  const { certificates, credentials, client } = access;
  const { authority, server, kubeletClient, serviceAccounts } = certificates;
  const settings = flags({
    'etcd-servers': `http://${LOOPBACK}:${place.etcdPort}`,
    'bind-address': place.address,
    'advertise-address': place.address,
    'secure-port': place.apiPort,
    // A loopback address cannot be the endpoint of the service "kubernetes".
    'endpoint-reconciler-type': place.address === LOOPBACK ? 'none' : 'lease',
    'service-cluster-ip-range': SERVICE_NETWORK,
    'tls-cert-file': server.cert,
    'tls-private-key-file': server.key,
    'client-ca-file': authority.cert,
    'token-auth-file': credentials.tokenFile,
    'authorization-mode': 'Node,RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': serviceAccounts.publicKey,
    'service-account-signing-key-file': serviceAccounts.privateKey,
    'kubelet-client-certificate': kubeletClient.cert,
    'kubelet-client-key': kubeletClient.key,
    // By default it would look the node's name up in DNS to read a pod's log.
    'kubelet-preferred-address-types': 'InternalIP',
    // Drivers of volumes are privileged pods; Pod Security still says where they may run.
    'allow-privileged': true,
  });
  return {
    name: 'kube-apiserver',
    command: [join(programs, 'kube-apiserver'), ...settings],
    ready: async () => (await client.get('/readyz')).status === 200,
  };
}
