import { z } from 'zod';
import { celRules, text } from './fields.ts';
import { ABSOLUTE_PATH, LABEL_VALUE, QUALIFIED_KEY, REPOSITORY_PREFIX } from './grammar.ts';
import { API_VERSION } from './group.ts';
import { ObjectMeta } from './metadata.ts';

/**
 * Lists are bounded, so that a decision takes little time whatever a policy says. Those in lists are short: the API
 * server multiplies what the check of one text may cost, and refuses a CRD above its budget (paths: about 200).
 */
const MAX_TARGETS = 64;
const MAX_RANGES = 64;
const MAX_RULES = 16;
const MAX_PREFIXES = 8;
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

/** As everywhere in Kubernetes: all of it must hold, an empty one selects everything. */
function labelSelector(what: string) {
  return z
    .strictObject({
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
    })
    .describe(what);
}

export type LabelSelector = z.infer<ReturnType<typeof labelSelector>>;

const NOT_ABOVE_MAX = 'a min that is not above max';

const range = z
  .strictObject({
    min: z.int().min(1).max(2_147_483_647).describe('The first.'),
    max: z.int().min(1).max(2_147_483_647).describe('The last.'),
  })
  .refine(({ min, max }) => min <= max, NOT_ABOVE_MAX)
  .meta(celRules({ rule: 'self.min <= self.max', message: `expected ${NOT_ABOVE_MAX}` }))
  .describe('A range of numbers, both ends included.');

const localStorage = z
  .strictObject({
    nodeSelector: labelSelector('Nodes that may be read from, by their labels. Empty: every node.'),
    pathPrefixes: z
      .array(text(ABSOLUTE_PATH).describe('A directory, such as /data/models.'))
      .min(1)
      .max(MAX_PREFIXES)
      .describe('Directories that may be read, with all that lies below them.'),
  })
  .describe('Directories of nodes.');

/**
 * What is allowed to the ModelVersions of some namespaces. One policy must allow all of a version: its storage, its
 * target, and as whom it reads. Several policies are alternatives.
 */
export const StoragePolicySpec = z
  .strictObject({
    namespaceSelector: labelSelector(
      'Namespaces that the policy is for, by their labels; kubernetes.io/metadata.name is the name. Empty: every namespace.',
    ),
    localStorage: z
      .array(localStorage)
      .max(MAX_RULES)
      .exactOptional()
      .describe('Directories on the disks of nodes that may be read. Default: none.'),
    targets: z
      .array(text(REPOSITORY_PREFIX).describe('Such as registry.example.com/team-a.'))
      .min(1)
      .max(MAX_TARGETS)
      .describe(
        'Where images may go: a registry, such as registry.example.com:5000, or a repository with all that lies below it, such as registry.example.com/team-a.',
      ),
    runAs: z
      .strictObject({
        users: z.array(range).max(MAX_RANGES).exactOptional().describe('Users. Default: none.'),
        groups: z.array(range).max(MAX_RANGES).exactOptional().describe('Groups. Default: none.'),
      })
      .exactOptional()
      .describe(
        'As whom a version may ask to be read (spec.securityContext). What it need not ask for, the identity of the builder, is always allowed.',
      ),
  })
  .describe('What is allowed.');

export const StoragePolicy = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('StoragePolicy'),
  metadata: ObjectMeta,
  spec: StoragePolicySpec,
});

export type StoragePolicySpec = z.infer<typeof StoragePolicySpec>;
export type StoragePolicy = z.infer<typeof StoragePolicy>;
