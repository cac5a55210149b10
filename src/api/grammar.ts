/**
 * What the texts of a declaration may look like. Each pattern matches the whole text and is written for RE2, which
 * the API server uses, and for JavaScript alike: no look-around, no back-references, and never two ways to match the
 * same text, so that hostile input costs linear time.
 */
export interface Grammar {
  readonly pattern: string;
  /** Characters. Every text has a limit: the API server bounds the cost of CEL rules by it. */
  readonly max: number;
  /** Reads on from "expected". */
  readonly expected: string;
}

const ALNUM = '[A-Za-z0-9]';
const DNS_LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(?:\\.${DNS_LABEL})*`;
const QUALIFIED_NAME = `${ALNUM}(?:[A-Za-z0-9._-]{0,61}${ALNUM})?`;

/** Linux' PATH_MAX. */
const MAX_PATH = 4096;

/** The names between the slashes of a path: everything but `.` and `..`, written without look-ahead. */
function nameOf(character: string, characterNoDot: string): string {
  return `(?:${characterNoDot}${character}*|\\.${characterNoDot}${character}*|\\.\\.${character}+)`;
}

function pathOf(character: string, characterNoDot: string): string {
  return `(?:/|(?:/${nameOf(character, characterNoDot)})+)`;
}

const NAME = nameOf('[^/\\x00-\\x1f\\x7f]', '[^/.\\x00-\\x1f\\x7f]');
const PATH = pathOf('[^/\\x00-\\x1f\\x7f]', '[^/.\\x00-\\x1f\\x7f]');
/** In `oci:DIRECTORY:TAG` and in an EFS volume handle a colon ends the path. */
const NAME_WITHOUT_COLON = nameOf('[^/:\\x00-\\x1f\\x7f]', '[^/:.\\x00-\\x1f\\x7f]');
const PATH_WITHOUT_COLON = pathOf('[^/:\\x00-\\x1f\\x7f]', '[^/:.\\x00-\\x1f\\x7f]');

const TAG = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const DIGEST = 'sha256:[a-f0-9]{64}';
// https://github.com/distribution/reference/blob/main/reference.go
const PATH_COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const DOMAIN_COMPONENT = `${ALNUM}(?:[A-Za-z0-9-]*${ALNUM})?`;
const HOST = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?`;
const REPOSITORY = `(?:${HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const LAYOUT = `oci:${PATH_WITHOUT_COLON}`;

/** RFC 1123: what the API server accepts as the name of an object. */
export const OBJECT_NAME: Grammar = {
  pattern: DNS_SUBDOMAIN,
  max: 253,
  expected: 'a name of lower-case letters, digits, "-" and ".", at most 253 characters, such as bert-v3',
};

export const NAMESPACE: Grammar = {
  pattern: DNS_LABEL,
  max: 63,
  expected: 'a namespace of lower-case letters, digits and "-", at most 63 characters, such as team-a',
};

export const NODE_NAME: Grammar = {
  pattern: DNS_SUBDOMAIN,
  max: 253,
  expected: 'the name of a node as "kubectl get nodes" prints it, such as worker-7',
};

/** Of labels and annotations. */
export const QUALIFIED_KEY: Grammar = {
  pattern: `(?:${DNS_SUBDOMAIN}/)?${QUALIFIED_NAME}`,
  max: 253 + 1 + 63,
  expected: 'a key such as team or example.com/team: letters, digits, "-", "_" and "."',
};

export const LABEL_VALUE: Grammar = {
  pattern: `(?:${QUALIFIED_NAME})?`,
  max: 63,
  expected: 'a value of letters, digits, "-", "_" and ".", at most 63 characters',
};

/** A single line that people read. */
export const LINE: Grammar = {
  pattern: '[^\\x00-\\x1f\\x7f]*',
  max: 1024,
  expected: 'text of one line, at most 1024 characters',
};

/** Text that people read. */
export const PROSE: Grammar = {
  pattern: '[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*',
  max: 16384,
  expected: 'text of at most 16384 characters',
};

export const ABSOLUTE_PATH: Grammar = {
  pattern: PATH,
  max: MAX_PATH,
  expected: 'an absolute path without "." or ".." in it and without "/" at its end, such as /data/bert',
};

/** Where a model lies. People write the "/" of a directory at its end, and KubeDL took it. */
export const STORAGE_PATH: Grammar = {
  pattern: `(?:/|(?:/${NAME})+/?)`,
  max: MAX_PATH,
  expected: 'an absolute path without "." or ".." in it, such as /data/bert',
};

/** Below the root of a claim: with or without the "/" at its beginning. */
export const CLAIM_PATH: Grammar = {
  pattern: `(?:/|/?${NAME}(?:/${NAME})*/?)`,
  max: MAX_PATH,
  expected: 'a path below the root of the claim without "." or ".." in it, such as models/bert',
};

export const IMAGE_TAG: Grammar = {
  pattern: TAG,
  max: 128,
  expected: 'a tag of letters, digits, "_", "." and "-", at most 128 characters, such as v3',
};

export const IMAGE_REPOSITORY: Grammar = {
  pattern: `(?:${LAYOUT}|${REPOSITORY})`,
  max: MAX_PATH,
  expected:
    'a repository without tag or digest, such as registry.example.com/team-a/bert, or oci:DIRECTORY (the tag goes into spec.imageTag)',
};

/** A registry, or a registry and the beginning of repositories there. Written out: nothing defaults to Docker Hub. */
export const REPOSITORY_PREFIX: Grammar = {
  pattern: `${HOST}(?:/${PATH_COMPONENT})*`,
  max: 512,
  expected:
    'a registry, or a repository with its registry, such as registry.example.com or registry.example.com/team-a',
};

export const IMAGE_REFERENCE: Grammar = {
  pattern: `(?:${LAYOUT}|${REPOSITORY})(?::${TAG})?(?:@${DIGEST})?`,
  max: MAX_PATH,
  expected: 'an image, such as registry.example.com/busybox:1.37, or oci:DIRECTORY:TAG',
};

export const SERVER: Grammar = {
  pattern: '(?:[A-Za-z0-9][A-Za-z0-9._-]*|[a-fA-F0-9.]*:[a-fA-F0-9.:]*)',
  max: 253,
  expected: 'a host name or an IP address, such as nfs.example.com',
};

const FILE_SYSTEM = 'fs-[0-9a-f]{8,40}';
const ACCESS_POINT = 'fsap-[0-9a-f]{8,40}';

/** https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/pkg/driver/node.go, parseVolumeId. */
export const EFS_VOLUME_HANDLE: Grammar = {
  pattern: `${FILE_SYSTEM}(?::(?:/|(?:/${NAME_WITHOUT_COLON})+/?)?(?::(?:${ACCESS_POINT})?)?)?`,
  max: MAX_PATH,
  expected: 'FILESYSTEM[:PATH[:ACCESSPOINT]], such as fs-0123456789abcdef0:/bert:fsap-0123456789abcdef0',
};

export const EFS_FILE_SYSTEM: Grammar = {
  pattern: FILE_SYSTEM,
  max: 43,
  expected: 'the id of an EFS file system, such as fs-0123456789abcdef0',
};

export const EFS_ACCESS_POINT: Grammar = {
  pattern: ACCESS_POINT,
  max: 45,
  expected: 'the id of an EFS access point, such as fsap-0123456789abcdef0',
};

/** Of a file system, or of an access point below its root. In a volume handle a colon ends it. */
export const EFS_PATH: Grammar = {
  pattern: PATH_WITHOUT_COLON,
  max: MAX_PATH,
  expected:
    'an absolute path without ":", without "." or ".." in it and without "/" at its end, such as /bert',
};

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const GROUP = '[a-fA-F0-9]{1,4}';
export const IP_ADDRESS: Grammar = {
  pattern: `(?:${IPV4}|(?:${GROUP}:){6}(?:${GROUP}:${GROUP}|${IPV4})|(?:${GROUP}(?::${GROUP}){0,6})?::(?:(?:${GROUP}:){0,6}(?:${GROUP}|${IPV4}))?)`,
  max: 45,
  expected: 'an IP address, such as 10.0.0.5',
};

/** How an administrator has NFS directories mounted; nothing by which one is written to, or hangs for ever. */
export const MOUNT_OPTION: Grammar = {
  pattern: `(?:(?:nfs)?vers=(?:3|4|4\\.[012])|nconnect=(?:[1-9]|1[0-6])|rsize=(?:[1-9][0-9]{3,5}|1048576)|timeo=(?:[1-9][0-9]{0,2}|[1-5][0-9]{3}|6000)|retrans=(?:[0-9]|10)|(?:mount)?port=(?:0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])|actimeo=(?:0|[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)|proto=(?:tcp6?|rdma)|sec=(?:sys|krb5[ip]?)|nolock|(?:no)?resvport|noatime)`,
  max: 20,
  expected:
    'nfsvers=, vers=, nconnect=, rsize= (to 1048576), timeo= (to 6000), retrans= (to 10), port=, mountport=, actimeo= (to 3600), proto=, sec=, nolock, resvport, noresvport or noatime, one in each text, such as nfsvers=4.1; ro is always there, and cannot be taken away',
};

/** Whole numbers only; https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/. */
export const QUANTITY: Grammar = {
  pattern: '[1-9][0-9]{0,14}(?:[KMGTP]i|[kMGTP])?',
  max: 17,
  expected: 'a number of bytes, such as 200Gi or 500G',
};
