import { stringify } from 'yaml';
import { yamlOf } from '../../src/api/crd.ts';
import { installation } from '../../src/install/installation.ts';
import type { Manifest } from '../../src/install/manifest.ts';
import { chartYaml, helpers, notes, valuesSchema, valuesYaml } from './hand-written.ts';
import { templateOf, TOKENS } from './template.ts';

const ROOT = 'deploy/helm/stowage';

/** The Helm chart: what `stowage manifests` prints, with Helm's values where that has options. */
export function chart(version: string): { path: string; text: string }[] {
  const objects = installation({
    namespace: TOKENS.namespace,
    image: TOKENS.image,
    replicas: 0,
    settings: {},
    authorities: undefined,
  });
  const { resources } = controllerOf(objects);
  // The namespace is Helm's: it must be there before the first object of the chart.
  const kinds = Map.groupBy(objects.filter(({ kind }) => kind !== 'Namespace').map(withTokens), kindOf);
  return [
    { path: `${ROOT}/Chart.yaml`, text: chartYaml(version) },
    { path: `${ROOT}/values.yaml`, text: valuesYaml(stringify({ resources })) },
    { path: `${ROOT}/values.schema.json`, text: valuesSchema() },
    { path: `${ROOT}/templates/_helpers.tpl`, text: helpers() },
    { path: `${ROOT}/templates/NOTES.txt`, text: notes() },
    ...[...kinds].map(([kind, each]) => ({
      path: `${ROOT}/templates/${kind.toLowerCase()}.yaml`,
      text: conditional(kind, templateOf(each.map(yamlOf).join(''))),
    })),
  ];
}

function kindOf({ kind }: Manifest): string {
  return kind;
}

function withTokens(object: Manifest): Manifest {
  switch (object.kind) {
    case 'CustomResourceDefinition':
      return kept(object);
    case 'ConfigMap':
      return { ...object, data: TOKENS.data };
    case 'Deployment':
      return deploymentWithTokens(object);
    default:
      return object;
  }
}

/** Without its CRDs a cluster loses every object of theirs, so they stay when the release goes. */
function kept(crd: Manifest): Manifest {
  const annotations = { 'helm.sh/resource-policy': 'keep' };
  return { ...crd, metadata: { ...crd.metadata, annotations } } as Manifest;
}

/** Helm installs from `crds/` once and never updates what it finds there, so ours are templates that can be left out. */
function conditional(kind: string, template: string): string {
  return kind === 'CustomResourceDefinition' ? `{{- if .Values.crds }}\n${template}{{- end }}\n` : template;
}

interface Container {
  readonly resources: object;
}

interface DeploymentSpec {
  readonly template: {
    readonly metadata: object;
    readonly spec: { readonly containers: readonly Container[] };
  };
}

function controllerOf(objects: readonly Manifest[]): Container {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const [container] = (deployment?.['spec'] as DeploymentSpec).template.spec.containers;
  if (container === undefined) throw new Error('the Deployment has no container');
  return container;
}

function deploymentWithTokens(object: Manifest): Manifest {
  const spec = object['spec'] as DeploymentSpec;
  const { metadata, spec: pod } = spec.template;
  const template = {
    metadata: { ...metadata, annotations: { 'checksum/settings': TOKENS.checksum } },
    spec: { ...pod, containers: pod.containers.map((each) => ({ ...each, resources: TOKENS.resources })) },
  };
  return { ...object, spec: { ...spec, replicas: TOKENS.replicas, template } };
}
