import { describe, expect, it } from 'vitest';
import { immutable } from '../../src/api/immutable.ts';
import type { Structural } from '../../src/api/structural.ts';

const SPEC: Structural = {
  type: 'object',
  properties: {
    name: { type: 'string', 'x-kubernetes-validations': [{ rule: "self != ''", message: 'empty' }] },
    note: { type: 'string' },
    paused: { type: 'boolean' },
  },
  required: ['name'],
};

describe('an immutable spec', () => {
  const spec = immutable(SPEC, ['paused']);
  const rulesOf = (node: Structural | undefined) => node?.['x-kubernetes-validations'];

  it('has a rule on each required field, after the rules that are there', () => {
    expect(rulesOf(spec.properties?.['name'])?.map(({ rule }) => rule)).toEqual([
      "self != ''",
      'self == oldSelf',
    ]);
  });

  it('has a rule for each optional field that also holds when the field appears or goes', () => {
    expect(rulesOf(spec)).toEqual([
      {
        rule: 'has(self.note) == has(oldSelf.note) && (!has(self.note) || self.note == oldSelf.note)',
        message: 'note cannot change: a version stays what it is. Make a new ModelVersion',
        fieldPath: '.note',
      },
    ]);
  });

  it('leaves what may change, and the schema it was given', () => {
    expect(spec.properties?.['paused']).toEqual({ type: 'boolean' });
    expect(rulesOf(SPEC)).toBeUndefined();
    expect(rulesOf(SPEC.properties?.['name'])).toHaveLength(1);
  });
});
