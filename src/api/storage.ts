import { z } from 'zod';
import { celRules, object, optionalText, text } from './fields.ts';
import { ATTRIBUTES_EXPECTED, ATTRIBUTES_RULE, EFS_ATTRIBUTES, isAttribute } from './efs-attributes.ts';
import {
  CLAIM_PATH,
  EFS_VOLUME_HANDLE,
  LINE,
  NODE_NAME,
  OBJECT_NAME,
  SERVER,
  STORAGE_PATH,
} from './grammar.ts';

const MOUNT_PATH =
  'Where the training pod had it mounted, such as /model. Kept for compatibility; a build does not use it.';

const MAX_ATTRIBUTES = 3;

const localStorage = object({
  path: text(STORAGE_PATH).describe(
    'Absolute path of the directory of the model on the node, such as /data/bert. At most 4096 characters, no "." or ".." in it.',
  ),
  nodeName: optionalText(NODE_NAME).describe(
    'Name of the node whose disk it is, such as worker-7. Needed in a cluster; on one machine it defaults to that machine.',
  ),
  mountPath: optionalText(LINE).describe(MOUNT_PATH),
}).describe('A directory on the disk of one node.');

const nfs = object({
  server: text(SERVER).describe('Host name or IP address of the NFS server, such as nfs.example.com.'),
  path: text(STORAGE_PATH).describe(
    'Absolute path of the directory of the model as the server exports it, such as /exports/bert. At most 4096 characters, no "." or ".." in it.',
  ),
  mountPath: optionalText(LINE).describe(MOUNT_PATH),
}).describe('A directory on an NFS server.');

const AWSEfs = object({
  volumeHandle: text(EFS_VOLUME_HANDLE).describe(
    'File system, path and access point, such as fs-0123456789abcdef0:/bert:fsap-0123456789abcdef0. Path and access point may be left out.',
  ),
  attributes: z
    .record(z.string(), text(LINE).describe('The value of one attribute.'))
    .refine(
      (attributes) => Object.entries(attributes).every(([name, value]) => isAttribute(name, value)),
      ATTRIBUTES_EXPECTED,
    )
    .meta({ maxProperties: MAX_ATTRIBUTES, ...celRules(ATTRIBUTES_RULE) })
    .exactOptional()
    .describe(
      `Handed to the EFS CSI driver as volume attributes: ${EFS_ATTRIBUTES.join(', ')}, such as encryptInTransit: "true".`,
    ),
}).describe('A directory on AWS EFS, mounted by its CSI driver.');

const persistentVolumeClaim = object({
  claimName: text(OBJECT_NAME).describe(
    'Name of a PersistentVolumeClaim in the namespace of the ModelVersion. It is mounted read-only, and neither made nor deleted.',
  ),
  path: optionalText(CLAIM_PATH).describe(
    'Directory of the model below the root of the claim, such as models/bert. Default: the root.',
  ),
}).describe('A PersistentVolumeClaim that exists.');

const kinds = {
  localStorage: localStorage.exactOptional(),
  nfs: nfs.exactOptional(),
  AWSEfs: AWSEfs.exactOptional(),
  persistentVolumeClaim: persistentVolumeClaim.exactOptional(),
};

const KEYS = Object.keys(kinds);
const EXACTLY_ONE = `exactly one of ${KEYS.join(', ')}`;

/** Where a model lies: exactly one of the kinds. A new kind is one entry in `kinds`. */
export const Storage = object(kinds)
  .refine((declared) => Object.keys(declared).length === 1, {
    error: EXACTLY_ONE,
    // A misspelt kind is said to be misspelt, and that is enough.
    when: ({ issues }) => issues.length === 0,
  })
  .meta(
    celRules({
      rule: `[${KEYS.map((key) => `has(self.${key})`).join(', ')}].filter(declared, declared).size() == 1`,
      message: `expected ${EXACTLY_ONE}`,
    }),
  )
  .describe(`Where the model lies: ${EXACTLY_ONE}.`);
export type Storage = z.infer<typeof Storage>;
