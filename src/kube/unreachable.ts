import { StowageError, systemCode } from '../errors.ts';

/**
 * What went wrong when an API server gave no answer, or broke it off.
 * @param thrown what the HTTP client threw.
 * @returns ClusterUnreachable, or Timeout, with the system's error as cause.
 */
export function unreachable(thrown: unknown, server: URL): StowageError {
  if (thrown instanceof StowageError) return thrown;
  const system = systemCode(thrown) ?? '';
  const { why, hint } = explain(system);
  return new StowageError(
    'ClusterUnreachable',
    `the API server at ${server.host} ${why}${system === '' ? '' : ` (${system})`}`,
    {
      ...(hint === undefined ? {} : { hint }),
      // A certificate does not become trusted by asking again, and a server does not change its protocol.
      retryable: !isAboutTls(system),
      cause: thrown,
    },
  );
}

/** The answer did not come in time. */
export function tooSlow(server: URL, what: string, milliseconds: number): StowageError {
  return new StowageError(
    'Timeout',
    `the API server at ${server.host} did not ${what} within ${milliseconds / 1000} s`,
    {
      retryable: true,
    },
  );
}

interface Explanation {
  readonly why: string;
  readonly hint?: string;
}

function explain(system: string): Explanation {
  const known = PROBLEMS.get(system);
  if (known !== undefined) return known;
  if (isAboutTls(system)) return { why: 'cannot be trusted', hint: CHECK_CA };
  return { why: 'closed the connection' };
}

function isAboutTls(system: string): boolean {
  return /CERT|SIGNATURE|^ERR_SSL_|^ERR_TLS_|^ERR_OSSL_|^EPROTO$|^HPE_/.test(system);
}

const CHECK_CA = "is the kubeconfig's certificate-authority the one of this cluster?";
const CHECK_SERVER =
  'is this the address of the cluster, and is there a network between here and there? See: kubectl cluster-info';

const PROBLEMS: ReadonlyMap<string, Explanation> = new Map([
  ['ENOTFOUND', { why: 'is not a host that can be found', hint: CHECK_SERVER }],
  ['EAI_AGAIN', { why: 'cannot be looked up just now', hint: CHECK_SERVER }],
  ['ECONNREFUSED', { why: 'refuses connections', hint: CHECK_SERVER }],
  ['EHOSTUNREACH', { why: 'cannot be reached', hint: CHECK_SERVER }],
  ['ENETUNREACH', { why: 'cannot be reached', hint: CHECK_SERVER }],
  ['UND_ERR_CONNECT_TIMEOUT', { why: 'does not take connections', hint: CHECK_SERVER }],
  ['UND_ERR_ABORTED', { why: 'was not let through by the proxy' }],
  ['UND_ERR_PRX_CONN', { why: 'cannot be reached through the proxy' }],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    { why: 'has a certificate for other names', hint: 'see tls-server-name in the kubeconfig' },
  ],
  ['CERT_HAS_EXPIRED', { why: 'has a certificate that has expired' }],
  [
    'CERT_NOT_YET_VALID',
    { why: 'has a certificate that is not valid yet', hint: 'is the clock of this machine right?' },
  ],
]);
