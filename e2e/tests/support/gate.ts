import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { ClusterWith } from './cluster.ts';

/** A way to the cluster's registry that is closed until a test opens it: a build that takes it is under way until then. */
export interface Gate {
  /** `host:port`, for builder pods. */
  readonly host: string;
  /** Lets through whoever waits and whoever comes. */
  open(): void;
  /** Lets nobody through any more who comes now. */
  close(): void;
  stop(): Promise<void>;
}

/** Starts a gate on this machine, closed. */
export async function startGate(cluster: ClusterWith<'registry' | 'node'>): Promise<Gate> {
  let opened = Promise.withResolvers<undefined>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.pause().on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    void opened.promise.then(() => passOn(client, cluster.registry.host));
  });
  server.listen(0, cluster.node.hostAddress);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    host: `${address}:${port}`,
    open: () => opened.resolve(undefined),
    close: () => (opened = Promise.withResolvers()),
    async stop() {
      for (const each of sockets) each.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(client: Socket, registry: string): void {
  const [host = '', port] = registry.split(':');
  const server = connect({ host, port: Number(port) });
  server.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => server.destroy());
  client.pipe(server).pipe(client);
}
