import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { API_VERSION } from '../../../src/api/group.ts';
import type { Condition } from '../../../src/api/condition.ts';
import { LABELS, MANAGED_BY } from '../../../src/api/labels.ts';
import type { ModelObject, ModelVersionObject } from '../../../src/api/resources.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { create, get, kubectl, type KubeObject } from '../../cluster/kubectl.ts';
import { untilState } from '../../cluster/until-state.ts';
import { until } from '../../cluster/until.ts';
import type { ClusterWith } from './cluster.ts';

/**
 * Where models are made. Not the directory of temporary files itself: that of a node's kubelet is in there, and a volume
 * of it would hold the volumes of all pods.
 */
export const MODELS_DIRECTORY = join(tmpdir(), 'stowage-models');

/** A model on this machine, which is the cluster's node too. */
export interface ModelFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const FILES = {
  'config.json': '{"model_type":"bert"}\n',
  'vocab/words.txt': 'a\nb\n',
  'weights.bin': 'x'.repeat(4096),
};

/** A small model that everybody may read. */
export async function modelFolder(
  files: Readonly<Record<string, string | Uint8Array>> = FILES,
): Promise<ModelFolder> {
  await mkdir(MODELS_DIRECTORY, { recursive: true });
  const root = await mkdtemp(join(MODELS_DIRECTORY, 'model-'));
  const path = join(root, 'model');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true, mode: 0o755 });
    await writeFile(join(path, name), content, { mode: 0o644 });
  }
  // mkdtemp's directory is its owner's alone.
  const { chmod } = await import('node:fs/promises');
  await chmod(root, 0o755);
  return { path, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Files of a model whose weights are shards of so many bytes, each of its own. */
export function shardedFiles(shards: number, bytes: number): Record<string, string | Uint8Array> {
  const weights = Array.from({ length: shards }, (_, n) => [`${n}.bin`, Buffer.alloc(bytes, n + 1)] as const);
  return { 'config.json': '{}\n', ...Object.fromEntries(weights) };
}

/** A version of a model on the cluster's node. `repository` is a path in the cluster's registry. */
export function versionOf(
  cluster: ClusterWith<'registry' | 'node'>,
  parts: {
    readonly name: string;
    readonly namespace: string;
    readonly path: string;
    readonly spec?: object;
    readonly metadata?: object;
  },
): KubeObject {
  const { name, namespace, path, spec, metadata } = parts;
  return {
    apiVersion: API_VERSION,
    kind: 'ModelVersion',
    metadata: { name, namespace, ...metadata },
    spec: {
      modelName: 'bert',
      createdBy: 'e2e',
      imageRepo: `${cluster.registry.host}/${namespace}/bert`,
      imageTag: name,
      storage: { localStorage: { path, nodeName: cluster.node.name } },
      ...spec,
    },
  };
}

/** Allows everything that tests do in a namespace. */
export function policyFor(
  cluster: ClusterWith<'registry'>,
  namespace: string,
  prefixes: readonly string[],
  spec: object = {},
): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'StoragePolicy',
    metadata: { name: namespace },
    spec: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      localStorage: [{ nodeSelector: {}, pathPrefixes: prefixes }],
      targets: [cluster.registry.host],
      ...spec,
    },
  };
}

export async function apply(cluster: Cluster, ...objects: readonly KubeObject[]): Promise<void> {
  await create(cluster, ...objects);
}

export async function readVersion(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<ModelVersionObject> {
  return get<ModelVersionObject>(cluster, ['modelversion', name], namespace);
}

export async function readModel(cluster: Cluster, namespace: string, name: string): Promise<ModelObject> {
  return get<ModelObject>(cluster, ['model', name], namespace);
}

/** Waits until a version is, or no longer is, Ready for one of the given reasons, however shortly, and gives it. */
export async function untilReason(
  cluster: Cluster,
  namespace: string,
  name: string,
  ...reasons: readonly string[]
): Promise<ModelVersionObject> {
  let last: ModelVersionObject | undefined;
  try {
    return await untilState<ModelVersionObject>(
      cluster,
      { what: `${name} to be ${reasons.join(' or ')}`, timeoutMs: 60_000 },
      { resource: 'modelversion', name, namespace },
      (version) => {
        last = version;
        return reasons.includes(reasonOf(version) ?? '');
      },
    );
  } catch (error) {
    throw new Error(`${String(error)}\n${JSON.stringify(last?.status, undefined, 1)}`, { cause: error });
  }
}

export function conditionOf({ status }: ModelVersionObject, name: string): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === name);
}

function reasonOf(version: ModelVersionObject): string | undefined {
  return conditionOf(version, 'Ready')?.reason;
}

/** What there is of what the controller makes, of all namespaces: kind, namespace (of volumes none), name. */
export async function leftovers(cluster: Cluster): Promise<string[]> {
  const selector = `${LABELS.managedBy}=${MANAGED_BY}`;
  const columns = 'custom-columns=:kind,:metadata.namespace,:metadata.name';
  const text = await kubectl(cluster, [
    'get',
    'pv,pvc,pods,configmaps',
    '-A',
    '-l',
    selector,
    '--no-headers',
    '-o',
    columns,
  ]);
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Waits until nothing is left of what the controller makes. */
export async function untilClean(cluster: Cluster): Promise<void> {
  await until({ what: 'nothing to be left', timeoutMs: 60_000, everyMs: 200 }, async () => {
    const left = await leftovers(cluster);
    if (left.length > 0) throw new Error(left.join(', '));
    return true;
  });
}
