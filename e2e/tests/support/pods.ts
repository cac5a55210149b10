import type { Cluster } from '../../cluster/cluster.ts';
import { create, get, kubectl, type KubeObject } from '../../cluster/kubectl.ts';
import { until } from '../../cluster/until.ts';

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** For `/bin/sh -c`; left out: the image's own command. */
  readonly script?: string;
  readonly volumes?: readonly object[];
  readonly mounts?: readonly object[];
  /** More fields of the pod's spec. */
  readonly spec?: object;
  /** More fields of its one container. */
  readonly container?: object;
}

/** What Pod Security `restricted` asks of a container. */
export const RESTRICTED = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

export interface PodEnd {
  readonly phase: 'Succeeded' | 'Failed';
  readonly log: string;
  /** Of the container: `Completed`, `Error`, `OOMKilled`. */
  readonly reason: string;
}

interface PodObject {
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly state: { readonly terminated?: { readonly reason: string } };
    }[];
  };
}

const END_MS = 60_000;

/** A pod that runs one script and ends. */
export function podOf(pod: Pod): KubeObject {
  const { name, namespace, image, script, volumes = [], mounts = [] } = pod;
  const command = script === undefined ? {} : { command: ['/bin/sh', '-c', script] };
  const container = { name: 'main', image, ...command, volumeMounts: mounts };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      ...pod.spec,
      containers: [{ ...container, ...pod.container }],
      volumes,
    },
  };
}

/** Runs a pod to its end. */
export async function runPod(cluster: Cluster, pod: Pod): Promise<PodEnd> {
  await create(cluster, podOf(pod));
  return podEnd(cluster, pod.namespace, pod.name);
}

/** Waits until a pod has ended. @throws Error with what `kubectl describe` says of one that does not */
async function podEnd(cluster: Cluster, namespace: string, name: string): Promise<PodEnd> {
  const limits = { what: `the end of pod ${name}`, timeoutMs: END_MS, everyMs: 100 };
  try {
    return await until(limits, async () => {
      const { status } = await get<PodObject>(cluster, ['pod', name], namespace);
      if (status.phase !== 'Succeeded' && status.phase !== 'Failed') return undefined;
      const reason = status.containerStatuses?.[0]?.state.terminated?.reason ?? '';
      return { phase: status.phase, reason, log: await kubectl(cluster, ['logs', name], { namespace }) };
    });
  } catch (error) {
    const described = await kubectl(cluster, ['describe', 'pod', name], { namespace });
    throw new Error(`${String(error)}\n${described}`, { cause: error });
  }
}
