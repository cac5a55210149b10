import type { Cluster } from './cluster.ts';
import { run } from './run.ts';

export interface KubectlOptions {
  readonly namespace?: string;
  readonly input?: string;
  /** Default: a minute. */
  readonly timeoutMs?: number;
}

/** As much of an object as names it. Whatever else it holds is for the API server to judge. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

const TIMEOUT_MS = 60_000;

/** Runs kubectl as admin and gives its stdout. @throws Error with its stderr when it fails */
export async function kubectl(
  cluster: Cluster,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const { namespace, input, timeoutMs = TIMEOUT_MS } = options;
  const scope = namespace === undefined ? [] : ['--namespace', namespace];
  const [program, ...always] = cluster.kubectl;
  const call = [...always, '--kubeconfig', cluster.kubeconfig, ...scope, ...args];
  // A person's own aliases and defaults for kubectl are not for tests.
  const env = { ...process.env, KUBERC: 'off' };
  return run(program, call, { timeoutMs, env, ...(input === undefined ? {} : { input }) });
}

/** Makes objects, in their order; one that exists is an error. */
export async function create(cluster: Cluster, ...objects: readonly KubeObject[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await kubectl(cluster, ['create', '-f', '-'], { input });
}

/** Reads what `kubectl get … -o json` prints: an object, or a list. */
export async function get<T>(cluster: Cluster, what: readonly string[], namespace?: string): Promise<T> {
  const options = namespace === undefined ? {} : { namespace };
  return JSON.parse(await kubectl(cluster, ['get', ...what, '-o', 'json'], options)) as T;
}

/**
 * Waits until an object is in some state.
 * @param state what `kubectl wait --for` takes: `condition=Ready`, `jsonpath={.status.phase}=Bound`, `delete`
 */
export async function wait(
  cluster: Cluster,
  what: string,
  state: string,
  options: KubectlOptions = {},
): Promise<void> {
  const { timeoutMs = TIMEOUT_MS } = options;
  // kubectl's own limit comes first, because its message says what is wrong.
  const limits = { ...options, timeoutMs: timeoutMs + 5_000 };
  await kubectl(cluster, ['wait', what, `--for=${state}`, `--timeout=${timeoutMs / 1000}s`], limits);
}
