import { dirname } from 'node:path';
import { expect } from 'vitest';
import { create, kubectl, type KubeObject } from '../cluster/kubectl.ts';
import { until } from '../cluster/until.ts';
import { describeCluster, it } from './support/cluster.ts';
import { podOf } from './support/pods.ts';

const WATCH = '/programs/kubectl get configmaps --watch -o name';

describeCluster('a pod with a service account', ['busybox', 'node'], (cluster) => {
  it("watches objects through the service's address", async ({ namespace }) => {
    await create(cluster, ...mayWatchConfigMaps(namespace));
    await create(
      cluster,
      podOf({
        ...{ name: 'watches', namespace, image: cluster.busybox },
        script: `echo "$KUBERNETES_SERVICE_HOST"; ${WATCH}`,
        // kubectl is linked statically, so it runs anywhere.
        volumes: [{ name: 'programs', hostPath: { path: dirname(cluster.kubectl[0]) } }],
        mounts: [{ name: 'programs', mountPath: '/programs', readOnly: true }],
        spec: { serviceAccountName: 'watcher' },
      }),
    );
    const saysOf = async (text: string): Promise<string> =>
      until({ what: `${text} in the pod's log`, timeoutMs: 60_000, everyMs: 200 }, async () => {
        const log = await kubectl(cluster, ['logs', 'watches'], { namespace });
        return log.includes(text) ? log : undefined;
      });

    expect(await saysOf('configmap/kube-root-ca.crt')).toMatch(/^10\.96\.0\.1\n/);
    await kubectl(cluster, ['create', 'configmap', 'made-while-it-watches'], { namespace });
    await saysOf('configmap/made-while-it-watches');
  });
});

function mayWatchConfigMaps(namespace: string): KubeObject[] {
  const metadata = { name: 'watcher', namespace };
  const group = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: `${group}/v1`, kind: 'Role', metadata },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      ...{ apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: group, kind: 'Role', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace }],
    },
  ];
}
