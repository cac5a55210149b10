import { createServer } from 'node:net';
import { once } from 'node:events';

export const LOOPBACK = '127.0.0.1';

/** Where the control plane of a cluster listens. */
export interface Place {
  /** The address under which others reach the API server. */
  readonly address: string;
  readonly apiPort: number;
  /** etcd's, on the loopback address only: whoever reaches them can do everything. */
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

/** The usual ports, for a network namespace that nobody else is in. */
export function placeAt(address: string): Place {
  return { address, apiPort: 6443, etcdPort: 2379, etcdPeerPort: 2380 };
}

/** Free ports of this machine. */
export async function placeOnLoopback(): Promise<Place> {
  const servers = [1, 2, 3].map(() => createServer().listen(0, LOOPBACK));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [apiPort = 0, etcdPort = 0, etcdPeerPort = 0] = servers.map(portOf);
  // All were open at once, so they differ.
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return { address: LOOPBACK, apiPort, etcdPort, etcdPeerPort };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
