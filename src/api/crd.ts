import { stringify } from 'yaml';
import { GROUP, VERSION } from './group.ts';
import { KINDS, type Kind } from './kinds.ts';
import type { Structural } from './structural.ts';

/** The CustomResourceDefinitions of our kinds. KubeDL's can be replaced by them in place. */
export function crds(): CustomResourceDefinition[] {
  return KINDS.map(definition);
}

export type CustomResourceDefinition = ReturnType<typeof definition>;

/** All of them, as one YAML stream. */
export function crdYaml(): string {
  return crds().map(yamlOf).join('');
}

/** An object as a YAML document with its `---`. */
export function yamlOf(object: object): string {
  return `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function definition(kind: Kind) {
  const { plural } = kind;
  const names = {
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural,
    shortNames: [kind.shortName],
    singular: kind.kind.toLowerCase(),
  };
  const version = {
    name: VERSION,
    served: true,
    storage: true,
    additionalPrinterColumns: kind.columns,
    schema: { openAPIV3Schema: rootSchema(kind) },
    ...(kind.status === undefined ? {} : { subresources: { status: {} } }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: { group: GROUP, names, scope: kind.scope, versions: [version] },
  };
}

function rootSchema(kind: Kind): Structural {
  return {
    type: 'object',
    description: kind.description,
    ...(kind.specRequired ? { required: ['spec'] } : {}),
    properties: {
      apiVersion: { type: 'string', description: `${GROUP}/${VERSION}.` },
      kind: { type: 'string', description: `${kind.kind}.` },
      // The API server knows it, and allows no description.
      metadata: { type: 'object' },
      spec: kind.spec,
      ...(kind.status === undefined ? {} : { status: kind.status }),
    },
  };
}
