import { enter } from './box.ts';
import type { LocalNode } from './cluster.ts';
import type { Component } from './component.ts';
import { ganesha, type NfsExport } from './ganesha.ts';
import { startInNode, type AddedProgram } from './in-node.ts';
import { freeze, thaw } from './proc.ts';
import { run } from './run.ts';
import { openWorkspace } from './workspace.ts';

/** An NFS server on the cluster's node, at the usual ports: a volume names its address and a path, and nothing else. */
export interface NfsServer {
  readonly address: string;
  readonly exports: readonly NfsExport[];
  /** Kills it. Who connects is refused, and who had mounted waits for it. */
  stop(): Promise<void>;
  /** Starts it again, with the exports that it had. */
  start(): Promise<void>;
  /** Lets it answer nobody; connections are accepted. */
  pause(): Promise<void>;
  resume(): void;
  /** How many bytes of files clients have read, by the server's own count, of one export or of all. */
  bytesRead(path?: string): Promise<number>;
  /** Ends it, and removes what is still mounted of it. */
  close(): Promise<void>;
}

/**
 * Starts the one NFS server that a node can have at a time. It ends with the node, however that ends.
 * Directories are exported to be read only.
 */
export async function startNfsServer(
  { node }: { readonly node: LocalNode },
  { exports }: { readonly exports: readonly NfsExport[] },
): Promise<NfsServer> {
  const parts = await ganesha(openWorkspace(node.directory), node.address, exports, enter(node.init));
  const servants = await startAll(node, parts.servants);
  let server = await startInNode(node, parts.server).catch(async (error: unknown) => {
    await endAll(servants);
    throw error;
  });
  const counter = byteCounter(exports, parts.bytesRead);
  return {
    address: node.address,
    exports,
    async stop() {
      await counter.finish();
      await server.end();
    },
    async start() {
      server = await startInNode(node, parts.server);
      counter.restart();
    },
    async pause() {
      await counter.look();
      counter.isAsked = false;
      freeze(server.process());
    },
    resume() {
      thaw(server.process());
      counter.isAsked = true;
    },
    bytesRead: (path) => counter.look().then(() => counter.sum(path)),
    async close() {
      await unmountAll(node);
      await endAll([server, ...servants]);
    },
  };
}

async function startAll(node: LocalNode, components: readonly Component[]): Promise<AddedProgram[]> {
  const started: AddedProgram[] = [];
  try {
    for (const each of components) started.push(await startInNode(node, each));
    return started;
  } catch (error) {
    await endAll(started);
    throw error;
  }
}

async function endAll(programs: readonly AddedProgram[]): Promise<void> {
  for (const each of programs) await each.end();
}

/** A server counts from zero each time that it is started, and cannot be asked when it does not run. */
function byteCounter(exports: readonly NfsExport[], read: (index: number) => Promise<number>) {
  const before = exports.map(() => 0);
  const now = exports.map(() => 0);
  const counter = {
    isAsked: true,
    async look() {
      if (!counter.isAsked) return;
      for (const index of exports.keys()) now[index] = await read(index);
    },
    async finish() {
      await counter.look();
      counter.isAsked = false;
    },
    restart() {
      for (const index of exports.keys()) before[index] = (before[index] ?? 0) + (now[index] ?? 0);
      now.fill(0);
      counter.isAsked = true;
    },
    sum: (path?: string): number =>
      exports.reduce(
        (sum, each, index) =>
          path === undefined || each.path === path ? sum + (before[index] ?? 0) + (now[index] ?? 0) : sum,
        0,
      ),
  };
  return counter;
}

/** By force: the kernel fails whatever is under way, and nobody waits for a server that has gone. */
async function unmountAll(node: LocalNode): Promise<void> {
  const inside = (...command: string[]): Promise<string> => {
    const [program = '', ...args] = [...enter(node.init), ...command];
    return run(program, args);
  };
  const mounts = (await inside('cat', '/proc/self/mounts')).split('\n').map((line) => line.split(' '));
  for (const [source = '', target = '', kind = ''] of mounts) {
    // The kubelet may be first.
    if (kind === 'fuse.nfs' && source.startsWith(`${node.address}:`)) {
      await inside('umount', '--force', '--lazy', target).catch(() => undefined);
    }
  }
}
