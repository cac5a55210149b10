import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Cluster } from './cluster.ts';
import { CHECKOUT, install, manifests } from './install.ts';
import { kubectl } from './kubectl.ts';
import { run } from './run.ts';
import { say } from './say.ts';

/** What a person plays with besides the cluster itself: the controller is installed, and a model lies ready. */
export interface Playground {
  /** Holds `models/quickstart`, `policy.yaml` (which is applied), `version.yaml` and `reader.yaml`. */
  readonly directory: string;
}

const MAKE_MODEL = join(CHECKOUT, 'examples/make-model.ts');
const API_VERSION = 'model.kubedl.io/v1alpha1';

/** Installs the controller, makes a model and lets it be built. All of it goes with the cluster. */
export async function preparePlayground(cluster: Cluster): Promise<Playground> {
  const { registry, node, busybox } = cluster;
  if (registry === undefined || node === undefined || busybox === undefined)
    throw new Error('the node and the registry are elsewhere');
  const plainHttp = registry.plainHttp ? [registry.host] : [];
  say('installing the controller');
  await install(cluster, await manifests({ registry }, { registries: { plainHttp } }));
  const directory = join(dirname(cluster.kubeconfig), 'play');
  const models = join(directory, 'models');
  await mkdir(models, { recursive: true });
  await run(process.execPath, [MAKE_MODEL, join(models, 'quickstart')]);
  const repository = `${registry.host}/default/quickstart`;
  const objects = {
    'policy.yaml': policy(models, registry.host),
    'version.yaml': version(join(models, 'quickstart'), node.name, repository),
    'reader.yaml': reader(`${repository}:v1`, busybox),
  };
  for (const [name, object] of Object.entries(objects))
    await writeFile(join(directory, name), stringify(object));
  await kubectl(cluster, ['apply', '-f', join(directory, 'policy.yaml')]);
  return { directory };
}

function policy(models: string, registry: string): object {
  return {
    ...{ apiVersion: API_VERSION, kind: 'StoragePolicy', metadata: { name: 'play' } },
    spec: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
      localStorage: [{ nodeSelector: {}, pathPrefixes: [models] }],
      targets: [`${registry}/default`],
    },
  };
}

function version(path: string, nodeName: string, imageRepo: string): object {
  return {
    ...{ apiVersion: API_VERSION, kind: 'ModelVersion', metadata: { name: 'quickstart-v1' } },
    spec: {
      ...{ modelName: 'quickstart', createdBy: 'me', imageRepo, imageTag: 'v1' },
      storage: { localStorage: { path, nodeName } },
    },
  };
}

/** A pod that mounts the image and lists what is in it. */
function reader(reference: string, image: string): object {
  const volumeMounts = [{ name: 'model', mountPath: '/model', subPath: 'models' }];
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'reader' } },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'reader', image, command: ['ls', '-l', '/model'], volumeMounts }],
      volumes: [{ name: 'model', image: { reference } }],
    },
  };
}
