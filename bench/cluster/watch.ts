/** Follows versions as they become Ready, and what a process takes. */
import { readFile } from 'node:fs/promises';
import type { ModelVersionObject } from '../../src/api/resources.ts';
import { MODEL_VERSIONS } from '../../src/api/resources.ts';
import { isReady } from '../../src/builders/status.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import type { Stage } from './stage.ts';

/** When each version was seen to be Ready, in milliseconds of the monotonic clock. */
export interface Following {
  readonly readyAt: ReadonlyMap<string, number>;
  /** Waits until so many are Ready. */
  until(count: number, milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function followVersions({ api, namespace }: Stage): Promise<Following> {
  const readyAt = new Map<string, number>();
  const stop = new AbortController();
  let look: () => void = () => undefined;
  const reflector = new Reflector<ModelVersionObject>({
    api,
    resource: MODEL_VERSIONS,
    selection: { namespace },
    onChange({ object }) {
      if (isReady(object.status) && !readyAt.has(object.metadata.name))
        readyAt.set(object.metadata.name, performance.now());
      look();
    },
  });
  const running = reflector.run(stop.signal);
  await reflector.synced(stop.signal);
  return {
    readyAt,
    async until(count, milliseconds) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      look = () => (readyAt.size >= count ? resolve(undefined) : undefined);
      look();
      const late = (): void => reject(new Error(`${readyAt.size} of ${count} are Ready`));
      const timer = setTimeout(late, milliseconds);
      await promise.finally(() => clearTimeout(timer));
    },
    async stop() {
      stop.abort();
      await running;
    },
  };
}

/** Bytes that a process has in memory now, and the most it had. */
export async function memoryOf(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** Seconds of processor time that a process has taken. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 and 15 of proc(5), in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Requests that a controller has made, by verb and resource, from its metrics. */
export async function requestsOf(address: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const counts = new Map<string, number>();
  for (const [, verb = '', resource = '', count] of text.matchAll(
    /^stowage_api_calls_total\{verb="([^"]+)",resource="([^"]+)",[^}]*\} (\d+)/gm,
  ))
    counts.set(`${verb} ${resource}`, (counts.get(`${verb} ${resource}`) ?? 0) + Number(count));
  return counts;
}

const READS = new Set(['get', 'list', 'watch']);

/** Writes among them, but for the Lease and Events. */
export function writesIn(counts: ReadonlyMap<string, number>): number {
  return [...counts]
    .filter(([what]) => {
      const [verb = '', resource = ''] = what.split(' ');
      return !READS.has(verb) && resource !== 'leases' && resource !== 'events';
    })
    .reduce((sum, [, count]) => sum + count, 0);
}
