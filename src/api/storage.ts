import { z } from 'zod';
import { celRules, object, optionalText, text } from './fields.ts';
import { ABSOLUTE_PATH, EFS_VOLUME_HANDLE, LINE, NODE_NAME, SERVER } from './grammar.ts';

const MOUNT_PATH =
  'Where the training pod had it mounted, such as /model. Kept for compatibility; a build does not use it.';

/** Attributes reach the CSI driver as they are; it knows a handful. */
const MAX_ATTRIBUTES = 32;

const localStorage = object({
  path: text(ABSOLUTE_PATH).describe(
    'Absolute path of the directory of the model on the node, such as /data/bert. At most 4096 characters, no "." or ".." in it.',
  ),
  nodeName: optionalText(NODE_NAME).describe(
    'Name of the node whose disk it is, such as worker-7. Needed in a cluster; on one machine it defaults to that machine.',
  ),
  mountPath: optionalText(ABSOLUTE_PATH).describe(MOUNT_PATH),
}).describe('A directory on the disk of one node.');

const nfs = object({
  server: text(SERVER).describe('Host name or IP address of the NFS server, such as nfs.example.com.'),
  path: text(ABSOLUTE_PATH).describe(
    'Absolute path of the directory of the model as the server exports it, such as /exports/bert. At most 4096 characters, no "." or ".." in it.',
  ),
  mountPath: optionalText(ABSOLUTE_PATH).describe(MOUNT_PATH),
}).describe('A directory on an NFS server.');

const AWSEfs = object({
  volumeHandle: text(EFS_VOLUME_HANDLE).describe(
    'File system, path and access point, such as fs-0123456789abcdef0:/bert:fsap-0123456789abcdef0. Path and access point may be left out.',
  ),
  attributes: z
    .record(z.string(), text(LINE).describe('The value of one attribute.'))
    .refine(
      (attributes) => Object.keys(attributes).length <= MAX_ATTRIBUTES,
      `at most ${MAX_ATTRIBUTES} attributes`,
    )
    .meta({ maxProperties: MAX_ATTRIBUTES })
    .exactOptional()
    .describe('Handed to the EFS CSI driver as volume attributes, such as encryptInTransit: "true".'),
}).describe('A directory on AWS EFS, mounted by its CSI driver.');

const kinds = {
  localStorage: localStorage.exactOptional(),
  nfs: nfs.exactOptional(),
  AWSEfs: AWSEfs.exactOptional(),
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
