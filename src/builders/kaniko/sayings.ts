import type { Saying } from '../../storage/saying.ts';

/*
 * What Kaniko says when it gives up, with names of images left out. The words are those of v1.25, as it was seen to say
 * them, and of the registry client in it
 * (https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/transport/error.go): `CODE: message` where the
 * registry answers as it should, else `unexpected status code 413 Request Entity Too Large: …`. The first that fits counts.
 */

const TLS: readonly Saying[] = [
  {
    says: /x509: |tls: (failed to verify|bad certificate)/,
    code: 'TlsUntrusted',
    means: "the registry's certificate is not trusted",
    hint: 'registries.caFile in the settings of the controller names a file with the authority of the registry.',
    retryable: false,
  },
  {
    says: /server gave HTTP response to HTTPS client/,
    code: 'TlsUntrusted',
    means: 'the registry has no TLS',
    hint: 'registries.plainHttp in the settings of the controller lists registries that are spoken to without.',
    retryable: false,
  },
];

/** Harbor answers DENIED when a quota is used up: only its words tell. */
const QUOTA: Saying = {
  says: /TOOMANYREQUESTS|status code (429|507)|\bquota\b|exceed the configured upper limit/i,
  code: 'RegistryQuota',
  means: 'the registry refuses more data or more requests',
};

const AUTH = /\b(UNAUTHORIZED|DENIED)\b|status code 40[13]\b/;

const TROUBLE: readonly Saying[] = [
  {
    says: /status code 5\d\d|\b(UNKNOWN|UNAVAILABLE): /,
    code: 'RegistryFailed',
    means: 'the registry answered with an error',
  },
  {
    says: /dial tcp|no such host|connection (refused|reset)|broken pipe|timeout|deadline exceeded|network is unreachable|\bEOF\b/i,
    code: 'RegistryUnreachable',
    means: 'the registry cannot be reached',
    hint: 'Does spec.imageRepo name it rightly, and may pods of this namespace connect to it?',
  },
];

/** Before it builds it tries whether it may push, and at the end it pushes. */
export const REGISTRY_SAYINGS: readonly Saying[] = [
  ...TLS,
  QUOTA,
  {
    says: /status code 413\b/,
    code: 'LayerTooLarge',
    means: 'the registry does not take a layer of this size',
    hint: 'Kaniko puts the whole model into one layer. spec.builder: stream makes several.',
    retryable: false,
  },
  {
    says: AUTH,
    code: 'RegistryAuth',
    means: 'the registry does not accept the credentials, or they may not push there',
    hint: 'Check the Secret in spec.imagePushSecrets, or the Secret regcred of the namespace.',
    retryable: false,
  },
  {
    says: /\bNAME_(UNKNOWN|INVALID)\b|status code 404\b/,
    code: 'RegistryNotFound',
    means: 'the registry does not know the repository',
    hint: 'Some registries, Amazon ECR among them, want a repository to be made before the first push.',
    retryable: false,
  },
  ...TROUBLE,
];

/** While it builds it reads the base image from a registry, the model from the build context, and writes to its disk. */
export const BUILD_SAYINGS: readonly Saying[] = [
  {
    says: /no space left on device|disk quota exceeded/i,
    code: 'OutOfDisk',
    means: "there is not enough room on the node's disk",
    hint: 'Kaniko needs twice the size of the model: spec.sizeHint has it run where there is so much. spec.builder: stream needs none.',
  },
  {
    says: /\/workspace\/build.*: no such file or directory|copy source not found/,
    code: 'PathNotFound',
    means: 'the model, or a file of it, is not where it was',
    hint: 'Check spec.storage, and that nobody changes the model while it is built.',
    retryable: false,
  },
  {
    says: /\/workspace\/build.*: (permission denied|input\/output error|stale|operation not permitted)/,
    code: 'SourceUnreadable',
    means: 'a file or directory of the source cannot be read',
  },
  ...TLS,
  {
    says: /MANIFEST_UNKNOWN|MANIFEST (NAME_UNKNOWN|NOT_FOUND|unexpected status code 404)/,
    code: 'BaseNotFound',
    means: 'the base image does not exist',
    hint: 'Check spec.base, and builder.base in the settings of the controller.',
    retryable: false,
  },
  QUOTA,
  {
    says: AUTH,
    code: 'RegistryAuth',
    means: 'the registry of the base image does not accept the credentials, or it does not exist',
    hint: 'Check spec.base; the Secret with push credentials must have some for its registry too.',
    retryable: false,
  },
  ...TROUBLE,
];
