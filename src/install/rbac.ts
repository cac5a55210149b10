import { GROUP } from '../api/group.ts';
import { CONTROLLER_NAME } from '../api/installation.ts';
import { COMMON_LABELS, type Manifest } from './manifest.ts';

/** What may be done to which resources, in the words of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const FOLLOW = ['list', 'watch'];

/** All that the controller does in the cluster. There is no verb on Secrets: builder pods get them from the kubelet. */
export const CLUSTER_RULES: readonly Rule[] = [
  // A patch is for the finalizer, the owner and the label; a spec cannot change.
  rule(GROUP, 'modelversions', 'get', ...FOLLOW, 'patch'),
  rule(GROUP, 'modelversions/status', 'update'),
  rule(GROUP, 'models', 'get', ...FOLLOW, 'create'),
  rule(GROUP, 'models/status', 'update'),
  rule(GROUP, 'storagepolicies', ...FOLLOW),
  rule('', 'namespaces', ...FOLLOW),
  rule('', 'nodes', 'get'),
  // A patch lets a pod be scheduled once its ConfigMap is there; such a ConfigMap is asked for where it is there already.
  rule('', 'pods', 'get', ...FOLLOW, 'create', 'patch', 'delete'),
  rule('', 'configmaps', 'get', 'create'),
  rule('', 'pods/log', 'get'),
  rule('', 'persistentvolumes', 'get', ...FOLLOW, 'create', 'delete'),
  rule('', 'persistentvolumeclaims', 'get', ...FOLLOW, 'create', 'delete'),
  rule('storage.k8s.io', 'csidrivers', 'get'),
  rule('storage.k8s.io', 'csinodes', 'list'),
  // Read in the core group, where the kubelet and the scheduler write; written in the group that is for new writers.
  rule('', 'events', 'list'),
  rule('events.k8s.io', 'events', 'create', 'patch'),
];

/** What it does in its own namespace: elect a leader. A name cannot limit who creates. */
export const OWN_NAMESPACE_RULES: readonly Rule[] = [
  rule('coordination.k8s.io', 'leases', 'create'),
  { ...rule('coordination.k8s.io', 'leases', 'get', 'update'), resourceNames: [CONTROLLER_NAME] },
];

function rule(group: string, resource: string, ...verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources: [resource], verbs };
}

/** The service account of the controller, with exactly those rights. */
export function controllerRights(namespace: string): Manifest[] {
  const account = { kind: 'ServiceAccount', name: CONTROLLER_NAME, namespace };
  const inside = { name: CONTROLLER_NAME, namespace, labels: COMMON_LABELS };
  const outside = { name: CONTROLLER_NAME, labels: COMMON_LABELS };
  const role = (kind: 'Role' | 'ClusterRole') => ({
    apiGroup: RBAC_GROUP,
    kind,
    name: CONTROLLER_NAME,
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inside, automountServiceAccountToken: false },
    { apiVersion: RBAC, kind: 'ClusterRole', metadata: outside, rules: CLUSTER_RULES },
    {
      ...{ apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: outside },
      ...{ roleRef: role('ClusterRole'), subjects: [account] },
    },
    { apiVersion: RBAC, kind: 'Role', metadata: inside, rules: OWN_NAMESPACE_RULES },
    {
      ...{ apiVersion: RBAC, kind: 'RoleBinding', metadata: inside },
      ...{ roleRef: role('Role'), subjects: [account] },
    },
  ];
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const RBAC = `${RBAC_GROUP}/v1`;

const READ = ['get', ...FOLLOW];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/**
 * What the cluster's own roles `view`, `edit` and `admin` gain: `edit` takes in `view`, and `admin` takes in `edit`.
 * Policies are the administrator's: none of the three may write them.
 */
export function userRoles(): Manifest[] {
  const objects = ['models', 'modelversions'];
  const read = {
    apiGroups: [GROUP],
    resources: [...objects, 'models/status', 'modelversions/status', 'storagepolicies'],
    verbs: READ,
  };
  const write = { apiGroups: [GROUP], resources: objects, verbs: WRITE };
  return [aggregated('view', read), aggregated('edit', write)];
}

function aggregated(into: 'view' | 'edit', ...rules: readonly Rule[]): Manifest {
  const labels = { ...COMMON_LABELS, [`${RBAC_GROUP}/aggregate-to-${into}`]: 'true' };
  return { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name: `stowage-${into}`, labels }, rules };
}
