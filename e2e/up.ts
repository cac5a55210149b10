/**
 * Starts a cluster with a registry and the controller to play with, and says how. It runs until Ctrl-C or `down.ts`.
 * usage: node e2e/up.ts [--detach] [--cluster-only]
 *   --detach         come back when it is ready, and leave it running
 *   --cluster-only   without the controller: tests bring their own
 */
import { spawn, type StdioOptions } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms, programCache } from './cluster/build.ts';
import { startNode } from './cluster/node.ts';
import { processId } from './cluster/proc.ts';
import { preparePlayground } from './cluster/playground.ts';
import { nodeUnmet } from './cluster/requirements.ts';
import { say, seconds } from './cluster/say.ts';
import { until } from './cluster/until.ts';
import { forgetUp, howToUse, readUp, writeUp } from './cluster/up-state.ts';

/** A cluster, an image that is built, and two pods that pull it, on a machine that is busy. */
const START_MS = 400_000;

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { detach: flag, 'cluster-only': flag } });
process.exitCode = await (values.detach ? detached() : foreground());

async function foreground(): Promise<number> {
  const before = preflight();
  if (before !== undefined) return refuse(before);
  const since = Date.now();
  const { cluster, stop } = await startNode();
  try {
    const playground = values['cluster-only'] ? undefined : await preparePlayground(cluster);
    const up = { keeper: processId(process.pid), cluster, playground };
    say(`ready after ${seconds(Date.now() - since)}; Ctrl-C stops it`);
    process.stdout.write(`${howToUse(up)}\n`);
    writeUp(up);
    await asked();
  } finally {
    await stop();
    forgetUp();
  }
  say('stopped, and nothing is left of it');
  return 0;
}

/** Runs this file again in a session of its own, and comes back when that one has said how to use it, or has ended. */
async function detached(): Promise<number> {
  const before = preflight();
  if (before !== undefined) return refuse(before);
  await buildPrograms(); // here, where its progress is seen
  const log = join(programCache(), 'up.log');
  const descriptor = openSync(log, 'w');
  const stdio: StdioOptions = ['ignore', descriptor, descriptor];
  const args = [import.meta.filename, ...(values['cluster-only'] ? ['--cluster-only'] : [])];
  const child = spawn(process.execPath, args, { detached: true, stdio });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await until({ what: 'the cluster', timeoutMs: START_MS }, () => hasEnded() || readUp() !== undefined);
  (hasEnded() ? process.stderr : process.stdout).write(readFileSync(log));
  child.unref();
  return hasEnded() ? 1 : 0;
}

function preflight(): string | undefined {
  const running = readUp();
  if (running !== undefined) {
    return `a cluster is running already (process ${running.keeper.pid}).\n${howToUse(running)}`;
  }
  const unmet = nodeUnmet();
  return unmet === undefined ? undefined : `a cluster cannot be started here: ${unmet}`;
}

function refuse(why: string): number {
  say(why);
  return 1;
}

/** Resolves when somebody wants it to end; asked again while it ends, nothing more happens. */
async function asked(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  // Signals alone do not keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined));
  await promise;
  clearInterval(alive);
}
