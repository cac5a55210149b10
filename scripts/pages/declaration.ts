import { crds } from '../../src/api/crd.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
}

/** docs/declaration.md: every field, from the schemas of the CRDs. */
export function declarationPage(): string {
  return `# Model, ModelVersion and StoragePolicy

\`model.kubedl.io/v1alpha1\`. Model and ModelVersion are the kinds that KubeDL has, with its fields and more. On one
machine \`stowage apply\` reads them from a file; in a cluster they are custom resources
(\`stowage crds | kubectl apply --server-side -f -\`). The rules are the same but for two: in a file on one machine paths
may be relative, to the file, and \`imageRepo\` and \`base\` may name an OCI image layout, \`oci:DIRECTORY\`.

The spec of a ModelVersion never changes once it is applied, but for \`suspend\`. A declaration with an error is refused
before anything runs, with file, line, column, field and what was expected there; an unknown field is an error.

StoragePolicy is for clusters, and for their administrators: without one that allows it, nothing is read and nothing is
sent.

\`\`\`yaml
apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: bert-v3, namespace: team-a}
spec:
  modelName: bert                          # the Model it is a version of; made if missing
  createdBy: training-job-42
  imageRepo: registry.example.com/team-a/bert
  imageTag: v3
  storage:                                 # exactly one
    localStorage: {path: /data/bert, nodeName: worker-7}
---
apiVersion: model.kubedl.io/v1alpha1
kind: StoragePolicy
metadata: {name: team-a}
spec:                                      # one policy allows all of a version; several are alternatives
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team-a}}
  localStorage:
    - nodeSelector: {matchLabels: {kubernetes.io/hostname: worker-7}}
      pathPrefixes: [/data]                # and all that lies below
  targets: [registry.example.com/team-a]   # and all that lies below
\`\`\`

${crds().map(section).join('\n\n')}
`;
}

function section(crd: ReturnType<typeof crds>[number]): string {
  const { names, versions } = crd.spec;
  const root = (versions[0]?.schema.openAPIV3Schema ?? {}) as Schema;
  const rows = ['spec', 'status'].flatMap((part) => rowsOf(part, root.properties?.[part] ?? {}));
  return `## ${names.kind}\n\n| field | type | what it is |\n|---|---|---|\n${rows.join('\n')}`;
}

function rowsOf(path: string, schema: Schema): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const type = `${typeName(field)}${required.includes(name) ? ', required' : ''}`;
    const description = (field.description ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
    const inner = field.items === undefined ? rowsOf(at, field) : rowsOf(`${at}[]`, field.items);
    return [`| \`${at}\` | ${type} | ${description} |`, ...inner];
  });
}

function typeName({ type = 'any', items }: Schema): string {
  return items === undefined ? type : `list of ${items.type ?? 'any'}`;
}
