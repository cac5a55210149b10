import type { StowageError } from '../../errors.ts';
import { meaningOf, type Saying } from '../../storage/saying.ts';
import { containerEnd, type EndWords, type Terminated } from '../container-end.ts';
import { tailOf } from '../words.ts';

const WORDS: EndWords = {
  memoryHint:
    'Raise memory in builder.kaniko.limits in the settings of the controller, or use spec.builder: stream, whose memory does not grow with the model.',
  resultHint: 'Is builder.kaniko.image in the settings of the controller an image of Kaniko?',
};

/**
 * What Kaniko says when it gives up, which it does with the exit code 1 for everything. The first that fits counts.
 * The words are those of v1.25, as it was seen to say them, and of the registry client in it
 * (https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/transport/error.go).
 */
const SAYINGS: readonly Saying[] = [
  {
    says: /no space left on device|disk quota exceeded/i,
    code: 'OutOfDisk',
    means: "there is not enough room on the node's disk",
    hint: 'Kaniko needs twice the size of the model: spec.sizeHint has it run where there is so much. spec.builder: stream needs none.',
  },
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
  {
    says: /MANIFEST_UNKNOWN|manifests\/\S+: (NAME_UNKNOWN|NOT_FOUND|unexpected status code 404)/,
    code: 'BaseNotFound',
    means: 'the base image does not exist',
    hint: 'Check spec.base, and builder.base in the settings of the controller.',
    retryable: false,
  },
  {
    says: /UNAUTHORIZED|DENIED|unexpected status code 40[13]/,
    code: 'RegistryAuth',
    means: 'the registry does not accept the credentials, or they do not allow this',
    hint: 'Check the Secret in spec.imagePushSecrets, or the Secret regcred of the namespace.',
    retryable: false,
  },
  {
    says: /TOOMANYREQUESTS|unexpected status code 429|quota/i,
    code: 'RegistryQuota',
    means: 'the registry refuses more data or more requests',
  },
  {
    says: /unexpected status code 413/,
    code: 'LayerTooLarge',
    means: 'the registry does not take a layer of this size',
    hint: 'Kaniko puts the whole model into one layer. spec.builder: stream makes several.',
    retryable: false,
  },
  {
    says: /unexpected status code 5\d\d|UNKNOWN|UNAVAILABLE/,
    code: 'RegistryFailed',
    means: 'the registry answered with an error',
  },
  {
    says: /dial tcp|no such host|connection (refused|reset)|broken pipe|i\/o timeout|TLS handshake timeout|unexpected EOF/,
    code: 'RegistryUnreachable',
    means: 'the registry cannot be reached',
    hint: 'Does spec.imageRepo name it rightly, and may pods of this namespace connect to it?',
  },
  {
    says: /\/workspace\/build\S*: no such file or directory|copy source not found/,
    code: 'PathNotFound',
    means: 'the model is not where it is looked for',
    hint: 'Check spec.storage: the directory must be there, and hold files.',
    retryable: false,
  },
  {
    says: /\/workspace\/build\S*: (permission denied|input\/output error|stale|operation not permitted)/,
    code: 'SourceUnreadable',
    means: 'a file or directory of the source cannot be read',
  },
];

/** Why Kaniko's container ended without a digest. */
export function kanikoEnd(ended: Terminated): StowageError {
  const { message = '', reason, exitCode } = ended;
  if (exitCode === 0 || reason === 'OOMKilled' || reason === 'ContainerStatusUnknown')
    return containerEnd(ended, WORDS);
  return meaningOf(tailOf(lastWords(message)), SAYINGS) ?? containerEnd(ended, WORDS);
}

/** The steps that it has done have a time before them; what it dies of has none. */
function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(lines.findLastIndex((line) => line.startsWith('time=')) + 1).join('\n');
}
