/** What KubeDL runs: Kaniko in a pod with the arguments that KubeDL gives it, and without limits. */
import { basename } from 'node:path';
import { create, kubectl, type KubeObject } from '../../e2e/cluster/kubectl.ts';
import { until } from '../../e2e/cluster/until.ts';
import { PODS } from '../../src/kube/core.ts';
import { blobsOf, READY_MS, type Build } from './build-version.ts';
import { watchPods } from './pod-usage.ts';
import type { Stage } from './stage.ts';

const DOCKERFILE = 'dockerfile';
/** The base is `scratch`, which spares it a pull. */
const CONTENT = 'FROM scratch\nCOPY build/ /kubedl-model\n';

export interface KubedlPod {
  readonly name: string;
  /** Of Kaniko. */
  readonly image: string;
  /** Directory of the model on the node. */
  readonly path: string;
}

/** Builds with it, from the pod's creation to its end: the volume is there before. @throws Error with its log when it fails */
export async function buildAsKubedl(stage: Stage, wanted: KubedlPod): Promise<Build> {
  const { cluster, api, namespace } = stage;
  const { name } = wanted;
  const imageRepo = `${cluster.registry.host}/${namespace}/${name}`;
  await create(cluster, filesOf(name, namespace));
  const usage = watchPods(basename(cluster.node.directory));
  const start = performance.now();
  try {
    await create(cluster, podOf(wanted, namespace, `${imageRepo}:v1`));
    const phase = await until({ what: `the end of ${name}`, timeoutMs: READY_MS }, async () => {
      const { status } = await api.get(PODS, { namespace, name });
      return (status?.phase === 'Succeeded' || status?.phase === 'Failed') && status.phase;
    });
    const seconds = (performance.now() - start) / 1000;
    if (phase === 'Failed') throw new Error(await kubectl(cluster, ['logs', name], { namespace }));
    return { seconds, usage: usage(), blobs: await blobsOf(imageRepo, 'v1') };
  } finally {
    usage();
    await kubectl(cluster, ['delete', `pod/${name}`, `configmap/${name}`], { namespace });
  }
}

function filesOf(name: string, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { [DOCKERFILE]: CONTENT },
  };
}

function podOf({ name, image, path }: KubedlPod, namespace: string, destination: string): KubeObject {
  const args = [
    '--skip-tls-verify=true',
    // The registry has no TLS.
    '--insecure',
    `--dockerfile=/workspace/${DOCKERFILE}`,
    '--context=dir:///workspace/',
    `--destination=${destination}`,
  ];
  const volumeMounts = [
    { name: 'model', mountPath: '/workspace/build', readOnly: true },
    { name: 'files', mountPath: `/workspace/${DOCKERFILE}`, subPath: DOCKERFILE },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [{ name: 'kaniko', image, args, volumeMounts }],
      volumes: [
        { name: 'model', hostPath: { path } },
        { name: 'files', configMap: { name } },
      ],
    },
  };
}
