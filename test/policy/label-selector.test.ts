import { describe, expect, it } from 'vitest';
import type { LabelSelector } from '../../src/api/storagepolicy.ts';
import { selects } from '../../src/policy/label-selector.ts';

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

const LABELS = { team: 'a', gpu: '', zone: 'eu-1' };

describe('a label selector', () => {
  it.each<[what: string, selector: LabelSelector, selected: boolean]>([
    ['an empty one', {}, true],
    ['empty parts', { matchLabels: {}, matchExpressions: [] }, true],
    ['a label', { matchLabels: { team: 'a' } }, true],
    ['two labels', { matchLabels: { team: 'a', zone: 'eu-1' } }, true],
    ['an empty label', { matchLabels: { gpu: '' } }, true],
    ['a label with another value', { matchLabels: { team: 'b' } }, false],
    ['one of two labels', { matchLabels: { team: 'a', zone: 'us-1' } }, false],
    ['a label in capitals', { matchLabels: { Team: 'a' } }, false],
    ['a value in capitals', { matchLabels: { team: 'A' } }, false],
    ['the beginning of a value', { matchLabels: { zone: 'eu' } }, false],
    ['a label that is not there', { matchLabels: { disk: 'nvme' } }, false],
    ['an empty label that is not there', { matchLabels: { disk: '' } }, false],
    ['what every object has', { matchLabels: { constructor: '' } }, false],
    [
      'labels and an expression',
      { matchLabels: { team: 'a' }, matchExpressions: [{ key: 'gpu', operator: 'Exists' }] },
      true,
    ],
    [
      'labels, and an expression that does not hold',
      { matchLabels: { team: 'a' }, matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] },
      false,
    ],
    [
      'an expression, and labels that do not hold',
      { matchLabels: { team: 'b' }, matchExpressions: [{ key: 'gpu', operator: 'Exists' }] },
      false,
    ],
  ])('selects or not: %s', (_, selector, selected) => {
    expect(selects(selector, LABELS)).toBe(selected);
  });

  it.each<[Requirement['operator'], key: string, values: string[] | undefined, holds: boolean]>([
    ['In', 'team', ['a'], true],
    ['In', 'team', ['b', 'a'], true],
    ['In', 'team', ['b'], false],
    ['In', 'gpu', [''], true],
    ['In', 'disk', ['a'], false],
    ['In', 'disk', [''], false],
    ['In', 'toString', ['a'], false],
    ['NotIn', 'team', ['a'], false],
    ['NotIn', 'team', ['b'], true],
    ['NotIn', 'gpu', ['a'], true],
    ['NotIn', 'disk', ['a'], true],
    ['NotIn', '__proto__', ['a'], true],
    ['Exists', 'team', undefined, true],
    ['Exists', 'gpu', [], true],
    ['Exists', 'disk', undefined, false],
    ['Exists', 'hasOwnProperty', undefined, false],
    ['DoesNotExist', 'disk', undefined, true],
    ['DoesNotExist', 'disk', [], true],
    ['DoesNotExist', 'gpu', undefined, false],
    ['DoesNotExist', 'valueOf', undefined, true],
    // Kubernetes refuses these.
    ['In', 'team', undefined, false],
    ['In', 'team', [], false],
    ['NotIn', 'team', undefined, false],
    ['NotIn', 'team', [], false],
    ['NotIn', 'disk', [], false],
    ['Exists', 'team', ['a'], false],
    ['DoesNotExist', 'disk', ['a'], false],
    ['Like' as 'In', 'team', ['a'], false],
  ])('%s: %s of %j holds: %s', (operator, key, values, holds) => {
    const requirement = { key, operator, ...(values && { values }) };
    expect(selects({ matchExpressions: [requirement] }, LABELS)).toBe(holds);
    expect(selects({ matchExpressions: [{ key: 'team', operator: 'Exists' }, requirement] }, LABELS)).toBe(
      holds,
    );
  });
});
