import { isIP } from 'node:net';
import { z } from 'zod';
import { text } from './fields.ts';
import {
  ABSOLUTE_PATH,
  EFS_ACCESS_POINT,
  EFS_FILE_SYSTEM,
  EFS_PATH,
  IP_ADDRESS,
  MOUNT_OPTION,
  OBJECT_NAME,
  SERVER,
} from './grammar.ts';
import { labelSelector } from './label-selector.ts';
import { canonicalServer } from './server.ts';

/**
 * Lists are bounded, so that a decision takes little time whatever a policy says. Those in lists are short: the API
 * server multiplies what the check of one text may cost, and refuses a CRD above its budget (paths: about 200).
 */
const MAX_RULES = 16;
const MAX_PREFIXES = 8;
const MAX_REMOTE_RULES = 8;
const MAX_REMOTE_PREFIXES = 4;
const MAX_IDS = 16;

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

const ONE_SPELLING =
  'a host name, or an IP address as programs write it, such as 10.0.0.1 or fd00::1: not 10.1, not 010.0.0.1';

/** What some take for an IPv4 address, and is none in four decimal numbers; https://url.spec.whatwg.org/#ipv4-number-parser. */
const UNCLEAR = '(^|\\.)([0-9]+|0[xX][0-9a-fA-F]*)\\.?$';
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';

const server = text(SERVER, {
  rule: `self.contains(':') || !self.matches(r'${UNCLEAR}') || self.matches(r'^${OCTET}(\\.${OCTET}){3}$')`,
  message: `expected ${ONE_SPELLING}`,
})
  .refine((value) => canonicalServer(value) !== undefined, ONE_SPELLING)
  .describe('A server, such as nfs.example.com.');

const nfs = z
  .strictObject({
    servers: z
      .array(server)
      .min(1)
      .max(MAX_REMOTE_RULES)
      .describe(
        'Servers that may be read from, by the names or addresses that versions use: a name is not looked up, so it does not stand for its address, nor a short name for the full one.',
      ),
    pathPrefixes: z
      .array(text(ABSOLUTE_PATH).describe('A directory, such as /exports/models.'))
      .min(1)
      .max(MAX_REMOTE_PREFIXES)
      .describe(
        'Directories as the servers export them that may be read, with all that lies below them. It is these that are mounted.',
      ),
    mountOptions: z
      .array(text(MOUNT_OPTION).describe('Such as nfsvers=4.1.'))
      .max(MAX_IDS)
      .exactOptional()
      .describe(
        'How they are mounted, such as nfsvers=4.1. They take the place of options of the controller of the same name; ro stays.',
      ),
  })
  .describe('Directories of NFS servers.');

const AWSEfs = z
  .strictObject({
    fileSystemIds: z
      .array(text(EFS_FILE_SYSTEM).describe('Such as fs-0123456789abcdef0.'))
      .min(1)
      .max(MAX_IDS)
      .describe('File systems that may be read.'),
    accessPointIds: z
      .array(text(EFS_ACCESS_POINT).describe('Such as fsap-0123456789abcdef0.'))
      .min(1)
      .max(MAX_IDS)
      .exactOptional()
      .describe(
        'Given: they may be read through these access points only. Default: only without an access point, since one may have any directory as its root and read as any user.',
      ),
    pathPrefixes: z
      .array(text(EFS_PATH).describe('A directory, such as /models.'))
      .min(1)
      .max(MAX_REMOTE_PREFIXES)
      .exactOptional()
      .describe(
        'Directories that may be read, with all that lies below them; of an access point, below its root. Default: /.',
      ),
    mountTargetIps: z
      .array(
        text(IP_ADDRESS)
          .refine((value) => isIP(value) !== 0, IP_ADDRESS.expected)
          .describe('Such as 10.0.0.5.'),
      )
      .min(1)
      .max(MAX_IDS)
      .exactOptional()
      .describe('Addresses that versions may give as the attribute mounttargetip. Default: none.'),
    allowUnencrypted: z
      .boolean()
      .exactOptional()
      .describe(
        'Whether versions may switch TLS off with the attribute encryptInTransit "false". Default: false.',
      ),
  })
  .describe('Directories of EFS file systems.');

const persistentVolumeClaim = z
  .strictObject({
    claimNames: z
      .array(text(OBJECT_NAME).describe('Such as models.'))
      .min(1)
      .max(MAX_IDS)
      .exactOptional()
      .describe('Names of claims that may be read. Default: every claim of the namespace.'),
  })
  .describe('Claims of the namespace.');

/** The rules of each kind of storage, under the name that the kind has in a ModelVersion. */
export const storageRules = {
  localStorage: rules(localStorage, MAX_RULES).describe(
    'Directories on the disks of nodes that may be read. Default: none.',
  ),
  nfs: rules(nfs, MAX_REMOTE_RULES).describe('Directories of NFS servers that may be read. Default: none.'),
  AWSEfs: rules(AWSEfs, MAX_REMOTE_RULES).describe(
    'Directories of EFS file systems that may be read. Default: none.',
  ),
  persistentVolumeClaim: rules(persistentVolumeClaim, MAX_REMOTE_RULES).describe(
    'PersistentVolumeClaims of the namespace that may be read. Default: none.',
  ),
};

function rules<T extends z.ZodType>(rule: T, max: number): z.ZodExactOptional<z.ZodArray<T>> {
  return z.array(rule).max(max).exactOptional();
}
