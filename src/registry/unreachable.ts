import { errors } from 'undici';
import { StowageError, systemCode, type ErrorCode } from '../errors.ts';

const NO_HTTP = 'no HTTP';

/** What is said of a failed exchange: the sentence after the address, and what to do. */
interface Explanation {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
  /** Default: true. */
  readonly retryable?: boolean;
}

/**
 * What went wrong when a server gave no answer: not found, not listening, not trusted, gone in the middle, too slow.
 * @param thrown what the HTTP client threw.
 * @returns RegistryUnreachable, TlsUntrusted or Timeout, with the system's error as cause.
 */
export function unreachable(thrown: unknown, url: URL): StowageError {
  const system = nameOf(thrown);
  const { code, why, hint, retryable = true } = explain(system, url);
  return new StowageError(code, `${url.host} ${why}${system === '' ? '' : ` (${system})`}`, {
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: thrown,
  });
}

/** undici gives its parser's errors no code. */
function nameOf(thrown: unknown): string {
  return thrown instanceof errors.HTTPParserError ? NO_HTTP : (systemCode(thrown) ?? '');
}

function explain(system: string, url: URL): Explanation {
  const certificate = CERTIFICATE_PROBLEMS.get(system);
  if (certificate !== undefined) return { code: 'TlsUntrusted', retryable: false, ...certificate };
  if (system.startsWith('ERR_SSL_') || system === 'EPROTO')
    return { code: 'RegistryUnreachable', retryable: false, ...NOT_TLS };
  if (system === NO_HTTP || system === 'UND_ERR_HEADERS_OVERFLOW') {
    return {
      code: 'RegistryUnreachable',
      retryable: false,
      ...(url.protocol === 'http:' ? NOT_HTTP : GARBLED),
    };
  }
  return (
    PROBLEMS.get(system) ?? {
      code: 'RegistryUnreachable',
      why: 'closed the connection without an answer',
      hint: CUT,
    }
  );
}

const NOT_TLS = {
  why: 'does not speak TLS',
  hint: 'if the registry is meant to be reached without TLS, add --plain-http',
};
const NOT_HTTP = {
  why: 'does not speak plain HTTP',
  hint: 'leave out --plain-http; for a registry with a certificate of its own, add --ca-file',
};
const GARBLED = { why: 'sent an answer that is not HTTP', hint: 'is this the address of a registry?' };

const CUT = 'a proxy or load balancer in between may limit how large or how long a request can be';
const SPELLING = 'is the name spelled right, and known to the DNS of this machine?';
const LISTENING = 'is the registry running, and is this its port?';
const NETWORK =
  'is there a network between here and the registry? Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY';
const PROXY =
  'the proxy is taken from HTTPS_PROXY or HTTP_PROXY; hosts to reach without it are listed in NO_PROXY';

const PROBLEMS: ReadonlyMap<string, Explanation> = new Map([
  ['ENOTFOUND', { code: 'RegistryUnreachable', why: 'is not a host that can be found', hint: SPELLING }],
  ['EAI_AGAIN', { code: 'RegistryUnreachable', why: 'cannot be looked up just now', hint: SPELLING }],
  ['ECONNREFUSED', { code: 'RegistryUnreachable', why: 'refuses connections', hint: LISTENING }],
  ['EHOSTUNREACH', { code: 'RegistryUnreachable', why: 'cannot be reached', hint: NETWORK }],
  ['ENETUNREACH', { code: 'RegistryUnreachable', why: 'cannot be reached', hint: NETWORK }],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    { code: 'RegistryUnreachable', why: 'does not take connections', hint: NETWORK },
  ],
  ['UND_ERR_ABORTED', { code: 'RegistryUnreachable', why: 'was not let through by the proxy', hint: PROXY }],
  [
    'UND_ERR_PRX_CONN',
    { code: 'RegistryUnreachable', why: 'cannot be reached through the proxy', hint: PROXY },
  ],
  ['UND_ERR_HEADERS_TIMEOUT', { code: 'Timeout', why: 'did not answer in time' }],
  ['UND_ERR_BODY_TIMEOUT', { code: 'Timeout', why: 'stopped in the middle of an answer' }],
]);

const CA_FILE = { hint: 'if the registry has an authority of its own, give its certificate with --ca-file' };
const UNKNOWN_AUTHORITY = { why: 'has a certificate from an authority that is not trusted here', ...CA_FILE };

/** The codes are those of OpenSSL's certificate checks as Node.js names them. */
const CERTIFICATE_PROBLEMS: ReadonlyMap<string, { why: string; hint: string }> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', { why: 'has a certificate that it signed itself', ...CA_FILE }],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['CERT_UNTRUSTED', UNKNOWN_AUTHORITY],
  [
    'CERT_HAS_EXPIRED',
    { why: 'has a certificate that has expired', hint: "the registry's operator must renew it" },
  ],
  [
    'CERT_NOT_YET_VALID',
    { why: 'has a certificate that is not valid yet', hint: 'is the clock of this machine right?' },
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      why: 'has a certificate for other host names',
      hint: 'use one of the names that the certificate is for',
    },
  ],
]);
