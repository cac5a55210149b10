import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programCache } from './build.ts';
import type { Cluster } from './cluster.ts';
import { CHECKOUT } from './install.ts';
import type { Playground } from './playground.ts';
import { isRunning, type ProcessId } from './proc.ts';

/** The cluster that a person has started to play with. */
export interface Up {
  /** The process that keeps it; it stops the cluster on SIGTERM. */
  readonly keeper: ProcessId;
  readonly cluster: Cluster;
  /** Undefined: there is the cluster alone, for tests. */
  readonly playground?: Playground | undefined;
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
export function howToUse({ cluster, playground }: Omit<Up, 'keeper'>): string {
  const {
    kubeconfig,
    kubectl: [kubectl],
    registry,
    node,
  } = cluster;
  const host = registry?.host ?? '';
  return [
    `The cluster runs on node ${node?.name ?? ''}, this machine; its registry is ${host} (plain HTTP).`,
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    `  export PATH=${dirname(kubectl)}:${CHECKOUT}:$PATH`,
    ...(playground === undefined ? clusterOnly(cluster) : whatToPlay(playground)),
    '',
    'It is stopped, and all of it removed, by',
    '',
    `  npm --prefix ${CHECKOUT} run e2e:down`,
  ].join('\n');
}

function clusterOnly({ registry, busybox }: Cluster): string[] {
  return [
    '  kubectl get nodes',
    `  stowage pack DIRECTORY --to ${registry?.host ?? ''}/my/model:v1 --plain-http`,
    `  kubectl run shell --image ${busybox ?? ''} --restart Never`,
    `  npm --prefix ${CHECKOUT} run e2e`,
  ];
}

function whatToPlay({ directory }: Playground): string[] {
  return [
    `  cd ${directory}`,
    '',
    'The controller is installed in stowage-system. In models/quickstart lies a model of 84 MB; policy.yaml, which is',
    'applied, lets the namespace default build what lies in models. Declare a version of it, and see an image come of it:',
    '',
    '  cat policy.yaml version.yaml',
    '  stowage apply --kube -f version.yaml           # kubectl apply -f version.yaml',
    '                                                 # kubectl wait --for=condition=Ready mv/quickstart-v1 --timeout=2m',
    '  stowage get modelversions --kube               # kubectl get mv,mo',
    '  stowage describe mv quickstart-v1 --kube       # kubectl describe mv quickstart-v1',
    '',
    'Mount the image in a pod:',
    '',
    '  kubectl apply -f reader.yaml',
    '  kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/reader --timeout=1m',
    '  kubectl logs reader',
    '',
    'Ask for what no policy allows, and read why it is refused:',
    '',
    '  sed "s/quickstart-v1/refused/; s/path: .*/path: \\/etc/" version.yaml | stowage apply --kube -f -',
    '',
    'Look at the controller:',
    '',
    '  kubectl logs -n stowage-system deployment/stowage-controller --all-pods=true',
  ];
}

function file(): string {
  return join(programCache(), 'up.json');
}
