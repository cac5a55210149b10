import { z } from 'zod';

/** The part of a structural schema that we make; https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/ */
export interface Structural {
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  description?: string;
  properties?: Record<string, Structural>;
  required?: string[];
  additionalProperties?: Structural;
  items?: Structural;
  'x-kubernetes-validations'?: readonly { rule: string; message: string; fieldPath?: string }[];
  [keyword: string]: unknown;
}

/**
 * A zod schema as the API server wants it in a CRD. What people may write (`io: 'input'`), since defaults and
 * transforms are ours; then what zod says and a structural schema may not say is taken out.
 */
export function structuralOf(schema: z.ZodType): Structural {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => tidy(jsonSchema as Structural),
  }) as Structural;
}

function tidy(node: Structural): void {
  // Unknown fields are pruned by the API server; `additionalProperties` beside `properties` is forbidden.
  if (node.properties !== undefined) delete node.additionalProperties;
  // The API server knows the format; zod's pattern for it is a page long.
  if (node['format'] === 'date-time') delete node['pattern'];
  if (node.type === 'integer') int64(node);
}

/** zod bounds whole numbers by what a double can hold. */
function int64(node: Structural): void {
  node['format'] = 'int64';
  if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum'];
  if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum'];
}
