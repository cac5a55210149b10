/** One build in a pod, from apply to Ready, and what its pod took. */
import { basename } from 'node:path';
import { untilClean, versionOf } from '../../e2e/tests/support/versions.ts';
import type { BuilderName } from '../../src/api/builder-name.ts';
import { MODEL_VERSIONS, type ModelVersionObject } from '../../src/api/resources.ts';
import { isReady } from '../../src/builders/status.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { MEDIA, parseManifest, type Descriptor } from '../../src/oci/manifest.ts';
import { watchPods, type PodUsage } from './pod-usage.ts';
import type { Stage } from './stage.ts';

/** Kaniko takes minutes on a machine that has something else to do. */
export const READY_MS = 900_000;

export interface Build {
  readonly seconds: number;
  readonly usage: PodUsage;
  /** Config and layers of the image. */
  readonly blobs: readonly Descriptor[];
}

export interface Wanted {
  readonly builder: BuilderName;
  /** Directory of the model on the node. */
  readonly path: string;
  /** Of the version, and of its tag unless `spec` names one. */
  readonly name: string;
  /** Default: one of the version's own, which has nothing yet. */
  readonly repository?: string;
  readonly spec?: object;
}

/**
 * Builds a version on a cluster that has nothing else to do.
 * @throws Error with what the version says when it does not become Ready at the first attempt, which is no time of a build
 */
export async function buildVersion(stage: Stage, wanted: Wanted): Promise<Build> {
  const { cluster, api, namespace } = stage;
  const { name, builder, path, repository = name } = wanted;
  const imageRepo = `${cluster.registry.host}/${namespace}/${repository}`;
  const spec = { builder, imageRepo, modelName: repository, ...wanted.spec };
  const version = versionOf(cluster, { name, namespace, path, spec }) as unknown as ModelVersionObject;
  const following = await follow(stage, name);
  const usage = watchPods(basename(cluster.node.directory));
  try {
    const start = performance.now();
    await api.create(MODEL_VERSIONS, version);
    const { at, digest } = await following.ready;
    await untilClean(cluster);
    return { seconds: (at - start) / 1000, usage: usage(), blobs: await blobsOf(imageRepo, digest) };
  } finally {
    usage();
    await following.stop();
  }
}

interface Ready {
  /** When it was seen, in milliseconds of the monotonic clock. */
  readonly at: number;
  readonly digest: string;
}

async function follow(
  { api, namespace }: Stage,
  name: string,
): Promise<{ readonly ready: Promise<Ready>; stop(): Promise<void> }> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const stop = new AbortController();
  const reflector = new Reflector<ModelVersionObject>({
    api,
    resource: MODEL_VERSIONS,
    selection: { namespace },
    onChange({ object: { metadata, status } }) {
      if (metadata.name !== name) return;
      if (isReady(status)) resolve({ at: performance.now(), digest: status?.digest ?? '' });
      else if (status?.imageBuildPhase === 'ImageBuildFailed')
        reject(new Error(`${name}: ${status.message ?? ''}`));
    },
  });
  const running = reflector.run(stop.signal);
  await reflector.synced(stop.signal);
  const late = setTimeout(() => reject(new Error(`${name} is not Ready in time`)), READY_MS);
  return {
    ready: promise.finally(() => clearTimeout(late)),
    async stop() {
      clearTimeout(late);
      stop.abort();
      await running;
    },
  };
}

/** Config and layers of an image of one platform. @param reference digest or tag */
export async function blobsOf(imageRepo: string, reference: string): Promise<Descriptor[]> {
  const [host = '', ...repository] = imageRepo.split('/');
  const url = `http://${host}/v2/${repository.join('/')}/manifests/${reference}`;
  const answer = await fetch(url, { headers: { accept: `${MEDIA.manifest}, ${MEDIA.dockerManifest}` } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const { config, layers } = parseManifest(new Uint8Array(await answer.arrayBuffer()), url);
  return [config, ...layers];
}
