import { z } from 'zod';
import { text } from './fields.ts';
import { LABEL_VALUE, QUALIFIED_KEY } from './grammar.ts';

const MAX_LABELS = 16;

const requirement = z
  .strictObject({
    key: text(QUALIFIED_KEY).describe('Key of the label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe('How the label of that key must stand to the values.'),
    values: z
      .array(text(LABEL_VALUE).describe('A value.'))
      .max(MAX_LABELS)
      .exactOptional()
      .describe('Values for In and NotIn; none for the others.'),
  })
  .describe('A condition on one label.');

const selector = z.strictObject({
  matchLabels: z
    .record(z.string(), text(LABEL_VALUE).describe('The value of one label.'))
    .meta({ maxProperties: MAX_LABELS })
    .exactOptional()
    .describe('Labels with the values that they must have.'),
  matchExpressions: z
    .array(requirement)
    .max(MAX_LABELS)
    .exactOptional()
    .describe('More conditions on labels.'),
});

/** As everywhere in Kubernetes: all of it must hold, an empty one selects everything. */
export function labelSelector(what: string): typeof selector {
  return selector.describe(what);
}

export type LabelSelector = z.infer<typeof selector>;
