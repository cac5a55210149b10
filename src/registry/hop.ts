import { StowageError } from '../errors.ts';
import { isLoopback, isPrivateAddress } from './host.ts';

/**
 * Where a server sends us on to: a redirect, the Location of an upload, the realm that gives out tokens. What it says
 * is not trusted: bytes and credentials never leave HTTPS, never go to another host without TLS, and a public server
 * cannot make us call addresses inside the network we run in.
 * @param to as the server wrote it, absolute or relative to `from`.
 * @param what names it in the message: "the redirect", "the upload location".
 * @throws RegistryFailed
 */
export function nextUrl(from: URL, to: string, what: string): URL {
  const next = URL.parse(to, from.href);
  if (next === null)
    throw new StowageError('RegistryFailed', `${what} that ${from.host} gave is not an address`);
  const refusal = refusalOf(from, next);
  if (refusal !== undefined) {
    throw new StowageError(
      'RegistryFailed',
      `${what} that ${from.host} gave is not followed: it leads to ${next.origin}, ${refusal.why}`,
      {
        hint: refusal.hint,
      },
    );
  }
  next.username = '';
  next.password = '';
  next.hash = '';
  return next;
}

interface Refusal {
  readonly why: string;
  readonly hint: string;
}

function refusalOf(from: URL, to: URL): Refusal | undefined {
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    return { why: 'which is neither HTTP nor HTTPS', hint: ASK };
  if (from.protocol === 'https:' && to.protocol === 'http:')
    return { why: 'from HTTPS to plain HTTP', hint: FORWARDED };
  if (to.hostname === from.hostname || (isLoopback(to.hostname) && isLoopback(from.hostname)))
    return undefined;
  if (to.protocol === 'http:') return { why: 'another host without TLS', hint: ASK };
  if (isPrivateAddress(to.hostname) && !isPrivateAddress(from.hostname)) {
    return { why: 'an address that only this machine or its network has', hint: ASK };
  }
  return undefined;
}

const ASK =
  "ask the registry's operator: its address for clients is set wrongly, or it is not what it seems to be";
/** The usual cause, in the words of the registry's own documentation. */
const FORWARDED =
  'the proxy before the registry must pass on X-Forwarded-Proto and Host, or the registry must use relative URLs';
