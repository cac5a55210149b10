import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { messageOf, StowageError } from '../errors.ts';
import { Bulk } from './bulk.ts';
import { isLoopback } from './host.ts';

/** Milliseconds without which a silent server would hold us for ever. */
export interface Timeouts {
  /** Until a connection stands. Lost SYNs are sent again after 1, 3, 7 and 15 seconds. */
  readonly connect: number;
  /** Until an ordinary request is answered. Small requests take seconds on a registry under load, not minutes. */
  readonly answer: number;
  /** Between two chunks of an upload that the network takes, and from the last of them to the answer. */
  readonly transfer: number;
  /**
   * Until a blob's last request is answered: a registry on an object store copies the blob first, for minutes
   * (https://github.com/moby/moby/issues/53700).
   */
  readonly finalise: number;
  /** Between two pieces of an answer's body. */
  readonly body: number;
}

export const TIMEOUTS: Timeouts = {
  connect: 20_000,
  answer: 120_000,
  transfer: 600_000,
  finalise: 1_800_000,
  body: 120_000,
};

/** The certificates of a few authorities have some kilobytes. */
const MAX_PEM_BYTES = 4 * 1024 * 1024;

export interface TransportOptions {
  /** A PEM file with authorities to trust besides the system's. */
  readonly caFile: string | undefined;
  /** The same as PEM text. */
  readonly authorities: string | undefined;
  /** Where proxies are taken from. */
  readonly env: NodeJS.ProcessEnv;
  readonly timeouts: Timeouts;
}

/** The connections of one registry client. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** Connections for what is large; there are none through a proxy. */
  readonly bulk?: Bulk | undefined;
}

/**
 * The connections of one registry client. Proxies come from HTTP_PROXY, HTTPS_PROXY (without it HTTP_PROXY counts for
 * TLS too) and NO_PROXY; a registry on this machine is never reached through one.
 * HTTP/1.1 only: the flow control of HTTP/2 slows large uploads, and the rule that a chunk's buffer may be used again
 * once the next chunk is asked for was checked against undici's HTTP/1.1 writer.
 * @throws UsageInvalid when an authority or the address of a proxy cannot be used.
 */
export async function openTransport(registry: URL, options: TransportOptions): Promise<Transport> {
  const { env, timeouts } = options;
  const authorities = await readAuthorities(options);
  // Trusting takes 60 ms of reading certificates, which a registry without TLS need not wait for.
  const trusting = registry.protocol === 'https:' || authorities.length > 0;
  const tls = { allowH2: false, ...(trusting ? { secureContext: trust(authorities) } : {}) };
  // Empty means none; without them undici would look into the environment of the process instead of this one.
  const proxies = { httpProxy: proxyFrom(env, 'HTTP_PROXY'), httpsProxy: proxyFrom(env, 'HTTPS_PROXY') };
  const dispatcher = new EnvHttpProxyAgent({
    allowH2: false,
    connectTimeout: timeouts.connect,
    bodyTimeout: timeouts.body,
    connect: tls,
    requestTls: tls,
    ...proxies,
    noProxy: noProxy(registry, env.no_proxy ?? env.NO_PROXY ?? ''),
  });
  const isDirect = Object.values(proxies).every((proxy) => proxy === '');
  return {
    dispatcher,
    bulk: isDirect ? new Bulk({ ...tls, timeout: timeouts.connect }, timeouts.body) : undefined,
  };
}

/** A proxy may be written without a scheme, as curl and Go take it. What it is set to may hold a password, and is not shown. */
function proxyFrom(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name.toLowerCase()] ?? env[name] ?? '';
  const url = value === '' || value.includes('://') ? value : `http://${value}`;
  if (url !== '' && !/^(?:https?|socks5?):\/\/[^/]/.test(url)) {
    throw new StowageError('UsageInvalid', `${name} in the environment is not the address of a proxy`, {
      hint: 'write it like http://proxy.example.com:3128',
    });
  }
  return url;
}

function noProxy(registry: URL, fromEnvironment: string): string {
  const here = isLoopback(registry.hostname) ? ['localhost', '127.0.0.1', '[::1]', registry.hostname] : [];
  return [fromEnvironment, ...here].join(',');
}

/** Trusts what Node.js trusts, what the system trusts (as every other registry client does), and the given ones. */
function trust(authorities: readonly string[]): SecureContext {
  const known = [...getCACertificates('default'), ...getCACertificates('system')];
  return createSecureContext({ ca: [...new Set([...known, ...authorities])] });
}

async function readAuthorities({ caFile, authorities }: TransportOptions): Promise<string[]> {
  const given = authorities === undefined ? [] : [checkedPem(authorities, 'the certificates of authorities')];
  return caFile === undefined ? given : [...given, await readCaFile(caFile)];
}

async function readCaFile(path: string): Promise<string> {
  const name = `the CA file ${JSON.stringify(path)}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(name, error);
  });
  return checkedPem(text, name);
}

function checkedPem(pem: string, name: string): string {
  try {
    if (pem.length > MAX_PEM_BYTES) throw new Error(`more than ${MAX_PEM_BYTES} bytes`);
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('there is no PEM certificate');
    new X509Certificate(pem); // createSecureContext passes over what it cannot read
    return pem;
  } catch (error) {
    throw unusable(name, error);
  }
}

function unusable(name: string, cause: unknown): StowageError {
  return new StowageError('UsageInvalid', `${name} cannot be used: ${messageOf(cause)}`, { cause });
}
