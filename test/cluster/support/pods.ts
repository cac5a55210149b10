import type { Pod } from '../../../src/kube/core.ts';
import { POD } from './versions.ts';

/** The pod that builds bert-v3, on a node. */
export const POD_OBJECT: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: POD, namespace: 'team-a', uid: 'pod-uid', resourceVersion: '1' },
  spec: { nodeName: 'worker-7' },
};
