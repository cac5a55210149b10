import type { StowageError } from '../../errors.ts';
import { meaningOf, type Saying } from '../../storage/saying.ts';
import { containerEnd, type EndWords, type Terminated } from '../container-end.ts';
import { tailOf } from '../words.ts';

const WORDS: EndWords = {
  memoryHint:
    'Raise memory in builder.kaniko.limits in the settings of the controller, or use spec.builder: stream, whose memory does not grow with the model.',
  resultHint: 'Is builder.kaniko.image in the settings of the controller an image of Kaniko?',
};

/** What Kaniko says before it gives up, which it does with the exit code 1 for nearly everything. The first that fits counts. */
const SAYINGS: readonly Saying[] = [
  {
    says: /no space left on device|disk quota exceeded/i,
    code: 'OutOfDisk',
    means: "there is not enough room on the node's disk",
    hint: 'Kaniko needs twice the size of the model: spec.sizeHint has it run where there is so much. spec.builder: stream needs none.',
  },
  {
    says: /x509: |tls: (failed to verify|bad certificate|handshake failure)/i,
    code: 'TlsUntrusted',
    means: "the registry's certificate is not trusted",
    hint: 'registries.caFile in the settings of the controller names a file with the authority of the registry.',
    retryable: false,
  },
  {
    says: /server gave HTTP response to HTTPS client/i,
    code: 'TlsUntrusted',
    means: 'the registry has no TLS',
    hint: 'registries.plainHttp in the settings of the controller lists registries that are spoken to without.',
    retryable: false,
  },
  {
    says: /(retrieving image|pulling|get filesystem|base image|FROM)[^]*(MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND|404 Not Found)|(MANIFEST_UNKNOWN|NAME_UNKNOWN)/i,
    code: 'BaseNotFound',
    means: 'the base image does not exist',
    hint: 'Check spec.base, and builder.base in the settings of the controller.',
    retryable: false,
  },
  {
    says: /UNAUTHORIZED|DENIED|401 Unauthorized|403 Forbidden|no basic auth credentials/,
    code: 'RegistryAuth',
    means: 'the registry does not accept the credentials, or they may not push there',
    hint: 'Check the Secret in spec.imagePushSecrets, or the Secret regcred of the namespace.',
    retryable: false,
  },
  {
    says: /TOOMANYREQUESTS|429 Too Many Requests|quota/i,
    code: 'RegistryQuota',
    means: 'the registry refuses more data or more requests',
  },
  {
    says: /dial tcp|no such host|connection refused|connection reset|i\/o timeout|network is unreachable|TLS handshake timeout|unexpected EOF/i,
    code: 'RegistryUnreachable',
    means: 'the registry cannot be reached',
    hint: 'Does spec.imageRepo name it rightly, and may pods of this namespace connect to it?',
  },
  {
    says: /copy source not found|no source files|lstat \/workspace\/build|stat \/workspace\/build[^]*no such file/i,
    code: 'PathNotFound',
    means: 'the model is not where it is looked for',
    hint: 'Check spec.storage: the directory must be there, and hold files.',
    retryable: false,
  },
  {
    says: /permission denied|input\/output error|stale (NFS )?file handle/i,
    code: 'SourceUnreadable',
    means: 'a file or directory of the source cannot be read',
  },
  {
    says: /(status code|unexpected status).* 5\d\d|50[0-9] (Internal|Bad|Service|Gateway)/i,
    code: 'RegistryFailed',
    means: 'the registry answered with an error',
  },
];

/** Why Kaniko's container ended without a digest. */
export function kanikoEnd(ended: Terminated): StowageError {
  const { message = '', reason } = ended;
  if (ended.exitCode === 0 || reason === 'OOMKilled' || reason === 'ContainerStatusUnknown')
    return containerEnd(ended, WORDS);
  // The reason is in the last lines; before them stand the steps that it has done.
  return meaningOf(tailOf(message), SAYINGS) ?? containerEnd(ended, WORDS);
}
