import type { BuilderSettings, BuildResult, BuildTask } from '../../../src/builders/builder.ts';
import { streamBuilder } from '../../../src/builders/stream/stream.ts';
import type { Pod } from '../../../src/kube/core.ts';
import { SETTINGS, SPEC, TASK } from '../../../test/builders/task.ts';
import { create, get, kubectl } from '../../cluster/kubectl.ts';
import { stowageImage } from '../../cluster/stowage-image.ts';
import { until } from '../../cluster/until.ts';
import type { ClusterWith } from './cluster.ts';
import { bindLocalVolume } from './local-volume.ts';

type Site = ClusterWith<'registry' | 'node'>;

/** What a test says of a build. */
export interface Wanted {
  readonly namespace: string;
  /** Of the pod. Default: builder. */
  readonly name?: string;
  readonly claimName: string;
  readonly to: string;
  readonly subPath?: string;
  readonly spec?: Partial<BuildTask['spec']>;
  readonly settings?: Partial<BuilderSettings>;
}

const END_MS = 60_000;
/** Seconds. */
const DEADLINE = 120;

/** Lets only restricted pods into the namespace, and binds a claim to the directory. @returns the claim's name */
export async function prepare(cluster: Site, namespace: string, directory: string): Promise<string> {
  const level = 'pod-security.kubernetes.io/enforce=restricted';
  await kubectl(cluster, ['label', 'namespace', namespace, level]);
  return bindLocalVolume(cluster, namespace, directory);
}

/** Runs a build to its end. */
export async function runBuild(
  cluster: Site,
  wanted: Wanted,
): Promise<{ readonly result: BuildResult; readonly log: string }> {
  const { namespace, name = 'builder' } = wanted;
  await startBuild(cluster, wanted);
  const pod = await until({ what: `the end of pod ${name}`, timeoutMs: END_MS }, async () => {
    const seen = await podOf(cluster, wanted);
    return seen.status?.containerStatuses?.[0]?.state?.terminated === undefined ? undefined : seen;
  });
  return { result: streamBuilder.result(pod), log: await kubectl(cluster, ['logs', name], { namespace }) };
}

export async function startBuild(cluster: Site, wanted: Wanted): Promise<void> {
  const { namespace, name = 'builder', to, subPath, claimName, spec = {}, settings = {} } = wanted;
  const task = { ...TASK, spec: { ...SPEC, ...spec }, podName: name, to, claimName, subPath };
  const [host = ''] = to.split('/');
  const ours = { ...SETTINGS, image: await stowageImage(cluster), plainHttp: [host], deadline: DEADLINE };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
  await create(cluster, { ...pod, spec: streamBuilder.podSpec(task, { ...ours, ...settings }) });
}

export function podOf(
  cluster: Site,
  { namespace, name = 'builder' }: Pick<Wanted, 'namespace' | 'name'>,
): Promise<Pod> {
  return get<Pod>(cluster, ['pod', name], namespace);
}
