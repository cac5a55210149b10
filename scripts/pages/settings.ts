import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Settings } from '../../src/controller/settings.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
}

const EXAMPLE = join(import.meta.dirname, '../../examples/settings.yaml');

/** docs/settings.md: every field of the controller's settings, from their schema. */
export function settingsPage(): string {
  const schema = z.toJSONSchema(Settings, { io: 'input' }) as Schema;
  return `# Settings of the controller

One YAML file. \`stowage manifests --image IMAGE --settings FILE\` puts it into the cluster; with Helm its fields are
below \`settings\` in the values. The controller reads it when it starts; a change of the ConfigMap by either of the two
replaces its pods. An error in it is refused with file, line, column, field and what was expected there.

\`registries.caFile\` is read when the manifests are made, and its certificates go into the cluster with the settings;
with Helm they are the value \`authorities\`.

\`\`\`yaml
${readFileSync(EXAMPLE, 'utf8').trim()}
\`\`\`

| field | type | default | what it is |
|---|---|---|---|
${rowsOf('', schema).join('\n')}
`;
}

function rowsOf(prefix: string, { properties = {}, required = [] }: Schema): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const description = (field.description ?? '').replaceAll('|', '\\|');
    const row = `| \`${path}\` | ${typeOf(field)} | ${defaultOf(field, required.includes(name))} | ${description} |`;
    const inner = field.items === undefined ? rowsOf(`${path}.`, field) : rowsOf(`${path}[].`, field.items);
    return [row, ...inner];
  });
}

function typeOf({ type = 'any', items, enum: values }: Schema): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  return items === undefined ? type : `list of ${items.type ?? 'any'}`;
}

function defaultOf({ default: value, properties }: Schema, isRequired: boolean): string {
  if (value !== undefined && properties === undefined) return `\`${JSON.stringify(value)}\``;
  return isRequired && properties === undefined ? 'required' : '';
}
