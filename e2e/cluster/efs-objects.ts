import type { KubeObject } from './kubectl.ts';

export const EFS = 'efs.csi.aws.com';
export const EFS_ACCOUNT = { name: 'efs-csi-node-sa', namespace: 'kube-system' } as const;

const ROLE = 'efs-csi-node-role';
const RBAC = 'rbac.authorization.k8s.io';

/** What the driver's manifests have of its part on a node, but for the DaemonSet. */
export const EFS_OBJECTS: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: EFS_ACCOUNT },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: ROLE },
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get', 'list', 'watch'] },
    ],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: ROLE },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: ROLE },
    subjects: [{ kind: 'ServiceAccount', ...EFS_ACCOUNT }],
  },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: EFS },
    spec: { attachRequired: false },
  },
];
