/** Words that stand in the objects where the chart has an expression. As YAML they need no quotes. */
export const TOKENS = {
  namespace: 'token-namespace',
  image: 'token-image',
  replicas: 'token-replicas',
  checksum: 'token-checksum',
  data: 'token-data',
  resources: 'token-resources',
} as const;

const EXPRESSIONS = new Map<string, string>([
  [TOKENS.namespace, '{{ .Release.Namespace }}'],
  [TOKENS.image, '{{ include "stowage.image" . | quote }}'],
  [TOKENS.replicas, '{{ .Values.replicas }}'],
  [TOKENS.checksum, '{{ include "stowage.data" . | sha256sum }}'],
]);

/** Those that become several lines, below their key. */
const BLOCKS = new Map<string, string>([
  [TOKENS.data, 'include "stowage.data" .'],
  [TOKENS.resources, 'toYaml .Values.resources'],
]);

/** A YAML stream as a template of Helm's: tokens become expressions, and nothing else is one. */
export function templateOf(yaml: string): string {
  return yaml
    .replaceAll('{{', '{{ "{{" }}')
    .replaceAll(/^( *)(\w+): (token-\w+)$/gm, (line, space: string, key: string, token: string) => {
      const block = BLOCKS.get(token);
      return block === undefined
        ? line
        : `${space}${key}:\n${space}  {{- ${block} | nindent ${space.length + 2} }}`;
    })
    .replaceAll(/token-\w+/g, (token) => EXPRESSIONS.get(token) ?? token);
}
