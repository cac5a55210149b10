import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

/** Which drivers of volumes a cluster has, and on which nodes (https://kubernetes.io/docs/reference/kubernetes-api/). */
function storage<T extends KubeObject>(plural: string, kind: string): Resource<T> {
  return { group: 'storage.k8s.io', version: 'v1', plural, kind, namespaced: false };
}

export const CSI_DRIVERS = storage<KubeObject>('csidrivers', 'CSIDriver');
export const CSI_NODES = storage<CsiNode>('csinodes', 'CSINode');

/** It has the name of its node, and is there as soon as the kubelet is. */
export interface CsiNode extends KubeObject {
  readonly spec: { readonly drivers?: readonly { readonly name: string }[] | null };
}
