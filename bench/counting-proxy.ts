/** Counts what goes over connections to a server. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CountingProxy {
  /** Where it listens: `host:port`. */
  readonly host: string;
  /** Bytes in both directions so far. */
  readonly bytes: number;
  stop(): Promise<void>;
}

/** @param server `host:port` */
export async function countingProxy(server: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(`http://${server}`);
  let bytes = 0;
  const open = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
      socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    host: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get bytes() {
      return bytes;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
