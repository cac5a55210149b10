import type { KubeObject } from '../../../src/kube/object.ts';
import type { Resource } from '../../../src/kube/resource.ts';

/** Kinds that tests against a real API server need besides configmaps. */
export const NAMESPACES: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

interface Crd extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const CRDS: Resource<Crd> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

export interface Widget extends KubeObject {
  readonly spec?: { readonly size: number };
  readonly status?: { readonly ready: boolean };
}

/** A kind of the tests' own, with a status of its own. */
export const WIDGETS: Resource<Widget> = {
  group: 'test.stowage.example',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

export const WIDGET_CRD = {
  metadata: { name: 'widgets.test.stowage.example' },
  spec: {
    group: WIDGETS.group,
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } },
              status: { type: 'object', properties: { ready: { type: 'boolean' } } },
            },
          },
        },
      },
    ],
  },
};
