import { z } from 'zod';
import { celRules, object, optionalText, text } from './fields.ts';
import { LABEL_VALUE, OBJECT_NAME, QUALIFIED_KEY } from './grammar.ts';

/** What of a ModelVersion's spec reaches the builder pod. Names and meanings are those of a pod's own fields. */

/**
 * User and group of the builder where nothing else is asked for: that of whoever has none of their own in an image, by
 * convention. It owns no files.
 */
export const BUILDER_ID = 65_532;

/** An identity on the node. 0 is root, which Pod Security `restricted` refuses. */
const MAX_ID = 2_147_483_647;
const id = () => z.int().min(1).max(MAX_ID);

const MAX_SECRETS = 8;
const MAX_TOLERATIONS = 16;
const MAX_GROUPS = 16;

export const ImagePushSecrets = z
  .array(
    object({
      name: text(OBJECT_NAME).describe('Name of the Secret, in the namespace of the ModelVersion.'),
    }).describe('A Secret of type kubernetes.io/dockerconfigjson.'),
  )
  .max(MAX_SECRETS)
  .describe(
    'Secrets of type kubernetes.io/dockerconfigjson with credentials for the registry; the first that has some for it counts. Default: the Secret regcred, where there is one. In a cluster only.',
  );

export const SecurityContext = object({
  runAsUser: id().exactOptional().describe('User that reads the files. Default: 65532.'),
  runAsGroup: id().exactOptional().describe('Group that reads the files. Default: 65532.'),
  supplementalGroups: z
    .array(id().describe('A group.'))
    .max(MAX_GROUPS)
    .exactOptional()
    .describe('More groups that read the files.'),
}).describe(
  'As whom the builder reads the files, where only their owner may. A StoragePolicy must allow it. In a cluster only.',
);

const toleration = object({
  key: optionalText(QUALIFIED_KEY).describe('Key of the taint. Default: any, with the operator Exists.'),
  operator: z.enum(['Exists', 'Equal']).exactOptional().describe('Default: Equal.'),
  value: optionalText(LABEL_VALUE).describe('Value of the taint, for the operator Equal.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .exactOptional()
    .describe('Effect of the taint. Default: any.'),
  tolerationSeconds: z
    .int()
    .nonnegative()
    .exactOptional()
    .describe('For how long, with the effect NoExecute. Default: for ever.'),
});

/*
 * What a pod's own tolerations must be: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go,
 * ValidateTolerations. Said when a version is declared, since it cannot change any more when its pod is refused.
 */
const KEY = 'a key, or the operator Exists';
const NO_VALUE = 'no value with the operator Exists';
const NO_EXECUTE = 'the effect NoExecute with tolerationSeconds';
const EXISTS = "has(self.operator) && self.operator == 'Exists'";

export const Tolerations = z
  .array(
    toleration
      .refine(({ key, operator }) => key !== undefined || operator === 'Exists', KEY)
      .refine(({ value, operator }) => value === undefined || operator !== 'Exists', NO_VALUE)
      .refine(
        ({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === 'NoExecute',
        NO_EXECUTE,
      )
      .meta(
        celRules(
          { rule: `has(self.key) && self.key != '' || ${EXISTS}`, message: `expected ${KEY}` },
          { rule: `!has(self.value) || self.value == '' || !(${EXISTS})`, message: `expected ${NO_VALUE}` },
          {
            rule: "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
            message: `expected ${NO_EXECUTE}`,
          },
        ),
      )
      .describe('A toleration, as pods have them.'),
  )
  .max(MAX_TOLERATIONS)
  .describe(
    'Taints that the builder pod tolerates, such as those of nodes with accelerators. In a cluster only.',
  );
