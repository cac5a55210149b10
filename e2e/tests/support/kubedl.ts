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

function sample(name: string, storage: object, spec: object = {}): KubeObject {
  return {
    apiVersion: 'model.kubedl.io/v1alpha1',
    kind: 'ModelVersion',
    metadata: { name, namespace: 'default' },
    spec: { modelName: 'model1', createdBy: 'user1', imageRepo: 'jianhe6/kaniko', storage, ...spec },
  };
}

const LOCAL = { path: '/data/bert', nodeName: 'worker-7' };
const NFS = { server: 'nfs.example.com', path: '/exports/bert' };

/**
 * The ways to write what KubeDL could build: its code reads a path, a server, a node's name and a tag as they are, and
 * ignores `mountPath`. Paths with `..` or `//` it took as well; they are refused, since no policy could judge them.
 */
export const KUBEDL_BUILDABLE: readonly KubeObject[] = [
  sample('mount-path', { localStorage: { ...LOCAL, mountPath: '/kubedl/models/' } }),
  sample('relative-mount-path', { nfs: { ...NFS, mountPath: 'models' } }),
  sample('empty-mount-path', { nfs: { ...NFS, mountPath: '' } }),
  sample('slash-at-the-end', { localStorage: { ...LOCAL, path: '/data/bert/' } }),
  sample('export-with-a-slash-at-the-end', { nfs: { ...NFS, path: '/exports/bert/' } }),
  sample('whole-export', { nfs: { ...NFS, path: '/' } }),
  sample('dotted-path', { localStorage: { ...LOCAL, path: '/data/.cache/v1.2..3' } }),
  sample('full-node-name', { localStorage: { ...LOCAL, nodeName: 'ip-10-0-0-1.ec2.internal' } }),
  sample('ipv4-server', { nfs: { ...NFS, server: '10.0.0.1' } }),
  sample('ipv6-server', { nfs: { ...NFS, server: 'fd00::1' } }),
  sample('upper-case-server', { nfs: { ...NFS, server: 'NFS.Example.com' } }),
  sample('tag', { localStorage: LOCAL }, { imageTag: 'V1.0_rc-2' }),
  sample('empty-tag', { localStorage: LOCAL }, { imageTag: '' }),
  sample('registry-with-a-port', { nfs: NFS }, { imageRepo: 'registry.example.com:5000/a/b' }),
  sample('docker-hub', { nfs: NFS }, { imageRepo: 'docker.io/jianhe6/kaniko' }),
  sample('nobody', { nfs: NFS }, { createdBy: '' }),
  sample('somebody', { nfs: NFS }, { createdBy: 'Jane Doe <jane@example.com>' }),
];
