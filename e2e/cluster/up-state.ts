import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programCache } from './build.ts';
import type { Cluster } from './cluster.ts';
import { isRunning, type ProcessId } from './proc.ts';

/** The cluster that a person has started to play with. */
export interface Up {
  /** The process that keeps it; it stops the cluster on SIGTERM. */
  readonly keeper: ProcessId;
  readonly cluster: Cluster;
}

/** Undefined when none is running, whatever a keeper that was killed has left. */
export function readUp(): Up | undefined {
  try {
    const up = JSON.parse(readFileSync(file(), 'utf8')) as Up;
    return isRunning(up.keeper) ? up : undefined;
  } catch {
    return undefined;
  }
}

export function writeUp(up: Up): void {
  mkdirSync(dirname(file()), { recursive: true });
  writeFileSync(file(), JSON.stringify(up));
}

export function forgetUp(): void {
  rmSync(file(), { force: true });
}

/** What a person types next. */
export function howToUse({ kubeconfig, kubectl: [kubectl], registry, busybox, node }: Cluster): string {
  const host = registry?.host ?? '';
  return [
    `The cluster runs on node ${node?.name ?? ''}, this machine; its registry is ${host} (plain HTTP).`,
    '',
    `  export KUBECONFIG=${kubeconfig} PATH=${dirname(kubectl)}:$PATH`,
    '  kubectl get nodes',
    `  ./stowage pack DIRECTORY --to ${host}/my/model:v1 --plain-http`,
    `  kubectl run shell --image ${busybox ?? ''} --restart Never`,
    '  npm run e2e:down    # stops it',
  ].join('\n');
}

function file(): string {
  return join(programCache(), 'up.json');
}
