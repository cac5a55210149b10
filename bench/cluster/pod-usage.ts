/** What pods on a node of this machine take, from outside: whoever runs in them need not say anything. Needs root. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroupsOf } from '../../e2e/cluster/cgroups.ts';

export interface PodUsage {
  /** The most memory of its processes at a time: what cannot be taken from them, and what a limit kills them for. */
  readonly peakBytes: number;
  /** The most at a time as the kubelet counts it, which takes files that were read twice for memory in use. */
  readonly workingSet: number;
  readonly cpuSeconds: number;
  /** Bytes that processes wrote to files on a disk, whether or not the files were kept. */
  readonly written: number;
  /** Bytes that left the pod over its network, headers included. */
  readonly sent: number;
}

/** A container lives for seconds; what it does in its last moment before it ends is missed for at most as long. */
const EVERY_MS = 100;
const NANO = 1e9;
const MICRO = 1e6;

/**
 * Watches the pods below a cgroup that come from now on. One that has ended keeps its cgroup for a while, and is none of them.
 * @returns what ends it and gives what they took together
 */
export function watchPods(cgroup: string): () => PodUsage {
  const seen = new Seen();
  const before = new Set(directoriesOf(cgroup).keys());
  const look = (): void => seen.look([...directoriesOf(cgroup)].filter(([pod]) => !before.has(pod)));
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    return seen.usage();
  };
}

/** The directories of each pod, by its name: one with version 2 of cgroups, one for each controller with version 1. */
function directoriesOf(cgroup: string): Map<string, string[]> {
  const found = globSync(cgroupsOf(cgroup).map((root) => `${root}/kubepods{,/*}/pod*`));
  return Map.groupBy(found, (directory) => basename(directory));
}

/** The most that was seen of each pod, process and network. */
class Seen {
  readonly #memory = new Map<string, number>();
  readonly #workingSet = new Map<string, number>();
  readonly #cpu = new Map<string, number>();
  readonly #written = new Map<string, number>();
  readonly #sent = new Map<string, number>();

  look(pods: readonly (readonly [pod: string, directories: readonly string[]])[]): void {
    for (const [pod, directories] of pods) {
      const file = (name: string): string | undefined => firstOf(directories.map((each) => join(each, name)));
      atLeast(this.#memory, pod, processMemory(file));
      atLeast(this.#workingSet, pod, workingSet(file));
      atLeast(this.#cpu, pod, cpuSeconds(file));
      for (const pid of processesIn(directories)) {
        atLeast(this.#written, pid, written(readText(`/proc/${pid}/io`)));
        atLeast(this.#sent, pod, transmitted(readText(`/proc/${pid}/net/dev`)));
      }
    }
  }

  usage(): PodUsage {
    const sum = (counts: ReadonlyMap<string, number>): number =>
      [...counts.values()].reduce((total, each) => total + each, 0);
    return {
      peakBytes: Math.max(0, ...this.#memory.values()),
      workingSet: Math.max(0, ...this.#workingSet.values()),
      cpuSeconds: sum(this.#cpu),
      written: sum(this.#written),
      sent: sum(this.#sent),
    };
  }
}

/** Gives the text of a file of a cgroup; undefined where it has none of that name. */
type Files = (name: string) => string | undefined;

/** Without the page cache. */
export function processMemory(file: Files): number {
  return inStat(file, 'total_rss') ?? inStat(file, 'anon') ?? 0;
}

/** As the kubelet has it in its summary (cAdvisor, "setMemoryStats"). */
export function workingSet(file: Files): number {
  const usage = Number(file('memory.current') ?? file('memory.usage_in_bytes') ?? 0);
  // With version 1 the numbers without `total_` leave out the containers.
  return Math.max(0, usage - (inStat(file, 'total_inactive_file') ?? inStat(file, 'inactive_file') ?? 0));
}

function inStat(file: Files, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(file('memory.stat') ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

export function cpuSeconds(file: Files): number {
  const usage = file('cpuacct.usage');
  if (usage !== undefined) return Number(usage) / NANO;
  return Number(/^usage_usec (\d+)$/m.exec(file('cpu.stat') ?? '')?.[1] ?? 0) / MICRO;
}

/** proc_pid_io(5): counted when a page becomes dirty, so a file counts that is removed before it reaches the disk. */
export function written(io: string | undefined): number {
  return Number(/^write_bytes: (\d+)$/m.exec(io ?? '')?.[1] ?? 0);
}

/** proc_pid_net(5): eight numbers of what was received, then bytes sent, for each interface; `lo` is no network. */
export function transmitted(devices: string | undefined): number {
  return (devices ?? '')
    .split('\n')
    .map((line) => /^\s*([^\s:]+):(.*)$/.exec(line))
    .filter((match) => match !== null && match[1] !== 'lo')
    .reduce((sum, match) => sum + Number(match?.[2]?.trim().split(/\s+/)[8] ?? 0), 0);
}

function processesIn(directories: readonly string[]): string[] {
  const lists = globSync(directories.map((directory) => `${directory}/*/cgroup.procs`));
  return [...new Set(lists.flatMap((list) => (readText(list) ?? '').split('\n')))].filter(
    (pid) => pid !== '',
  );
}

function firstOf(paths: readonly string[]): string | undefined {
  return paths.map(readText).find((text) => text !== undefined);
}

/** Whatever is looked at may have ended meanwhile. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function atLeast(counts: Map<string, number>, key: string, seen: number): void {
  counts.set(key, Math.max(counts.get(key) ?? 0, seen));
}
