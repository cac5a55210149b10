/** What a cluster with KubeDL 0.4 has: https://github.com/kubedl-io/kubedl/tree/master/config/crd/bases */
import type { KubeObject } from '../../cluster/kubectl.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' };

function fields(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties };
}

function crd(kind: string, shortName: string, version: Schema): KubeObject {
  const singular = kind.toLowerCase();
  const names = { kind, listKind: `${kind}List`, plural: `${singular}s`, shortNames: [shortName], singular };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${singular}s.model.kubedl.io`,
      annotations: { 'controller-gen.kubebuilder.io/version': 'v0.6.1' },
    },
    spec: {
      group: 'model.kubedl.io',
      names,
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha1', served: true, storage: true, ...version }],
    },
  };
}

function column(name: string, jsonPath: string): Schema {
  return { name, jsonPath, type: 'string' };
}

function root(spec: Schema, status: Schema): Schema {
  return {
    openAPIV3Schema: fields({ apiVersion: text, kind: text, metadata: { type: 'object' }, spec, status }),
  };
}

const model = crd('Model', 'mo', {
  additionalPrinterColumns: [
    column('Latest-Version', '.status.latestVersion.modelVersion'),
    column('Latest-Image', '.status.latestVersion.imageName'),
  ],
  schema: root(
    fields({ description: text }),
    fields({ latestVersion: fields({ imageName: text, modelVersion: text }) }),
  ),
  subresources: { status: {} },
});

/** Its status is no part of its own, and nothing of it is checked. */
const modelVersion = crd('ModelVersion', 'mv', {
  additionalPrinterColumns: [
    column('Model', '.spec.modelName'),
    column('Image', '.status.image'),
    column('Created-By', '.spec.createdBy'),
    column('Finish-Time', '.status.finishTime'),
  ],
  schema: root(
    fields({
      createdBy: text,
      imageRepo: text,
      imageTag: text,
      modelName: text,
      storage: fields({
        AWSEfs: fields({ attributes: { type: 'object', additionalProperties: text }, volumeHandle: text }),
        localStorage: fields({ mountPath: text, nodeName: text, path: text }),
        nfs: fields({ mountPath: text, path: text, server: text }),
      }),
    }),
    fields({
      finishTime: { type: 'string', format: 'date-time' },
      image: text,
      imageBuildPhase: text,
      message: text,
    }),
  ),
  subresources: {},
});

export const KUBEDL_CRDS: readonly KubeObject[] = [model, modelVersion];

/** Its samples, under names of their own. */
export const KUBEDL_SAMPLES: readonly KubeObject[] = [
  sample('mv-local', { localStorage: { path: '/foo', nodeName: 'kind-control-plane' } }),
  sample('mv-nfs', { nfs: { path: '/', server: '192.168.1.2' } }),
];

function sample(name: string, storage: object): KubeObject {
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata: { name, namespace: 'default' },
    spec: { modelName: 'model1', createdBy: 'user1', imageRepo: 'jianhe6/kaniko', storage },
  };
}
