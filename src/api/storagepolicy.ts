import { z } from 'zod';
import { builderName, BUILDERS } from './builder-name.ts';
import { celRules, text } from './fields.ts';
import { QUANTITY, REPOSITORY_PREFIX } from './grammar.ts';
import { API_VERSION } from './group.ts';
import { labelSelector } from './label-selector.ts';
import { ObjectMeta } from './metadata.ts';
import { storageRules } from './storage-rules.ts';

export type { LabelSelector } from './label-selector.ts';

/** Lists are bounded, so that a decision takes little time whatever a policy says. */
const MAX_TARGETS = 64;
const MAX_RANGES = 64;

const NOT_ABOVE_MAX = 'a min that is not above max';

const range = z
  .strictObject({
    min: z.int().min(1).max(2_147_483_647).describe('The first.'),
    max: z.int().min(1).max(2_147_483_647).describe('The last.'),
  })
  .refine(({ min, max }) => min <= max, NOT_ABOVE_MAX)
  .meta(celRules({ rule: 'self.min <= self.max', message: `expected ${NOT_ABOVE_MAX}` }))
  .describe('A range of numbers, both ends included.');

const limits = z
  .strictObject({
    modelSize: text(QUANTITY)
      .exactOptional()
      .describe('Bytes that a model may have, all its files together, such as 200Gi. Default: no limit.'),
    buildSeconds: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .exactOptional()
      .describe(
        'Seconds that a builder pod may run, where the settings of the controller allow more. Default: what they allow.',
      ),
  })
  .describe(
    'What a build may take. Of several policies that allow a version the highest holds, and no limit where one of them has none.',
  );

/**
 * What is allowed to the ModelVersions of some namespaces. One policy must allow all of a version: its storage, its
 * target, and as whom it reads. Several policies are alternatives.
 */
export const StoragePolicySpec = z
  .strictObject({
    namespaceSelector: labelSelector(
      'Namespaces that the policy is for, by their labels; kubernetes.io/metadata.name is the name. Empty: every namespace.',
    ),
    ...storageRules,
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
    builders: z
      .array(builderName().describe('A builder.'))
      .min(1)
      .max(BUILDERS.length)
      .exactOptional()
      .describe(
        'Who may build: stream, and kaniko, which reads all files as root, whoever owns them. Default: stream alone.',
      ),
    limits: limits.exactOptional(),
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
