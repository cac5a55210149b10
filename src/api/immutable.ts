import type { CelRule } from './fields.ts';
import type { Structural } from './structural.ts';

/**
 * A spec of which nothing can change but the fields named. A required field carries its own rule. An optional one
 * needs a rule on the spec: a rule on the field itself does not run when the field appears or goes away. Neither
 * `self == oldSelf` on the whole spec nor `self.?f == oldSelf.?f` would do: the first fixes every field, the second
 * exceeds the API server's cost limit.
 */
export function immutable(spec: Structural, mutable: readonly string[]): Structural {
  const fixed = Object.keys(spec.properties ?? {}).filter((field) => !mutable.includes(field));
  const required = fixed.filter((field) => spec.required?.includes(field));
  const optional = fixed.filter((field) => !required.includes(field));
  const properties = { ...spec.properties };
  for (const field of required) {
    const property = properties[field];
    if (property !== undefined) properties[field] = withRules(property, [sameRequired(field)]);
  }
  return withRules({ ...spec, properties }, optional.map(sameOptional));
}

function withRules(schema: Structural, rules: readonly CelRule[]): Structural {
  return { ...schema, 'x-kubernetes-validations': [...(schema['x-kubernetes-validations'] ?? []), ...rules] };
}

function sameRequired(field: string): CelRule {
  return { rule: 'self == oldSelf', message: cannotChange(field) };
}

function sameOptional(field: string): CelRule {
  return {
    rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    message: cannotChange(field),
    fieldPath: `.${field}`,
  };
}

function cannotChange(field: string): string {
  return `${field} cannot change: a version stays what it is. Make a new ModelVersion`;
}
