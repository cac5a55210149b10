import { isIPv4, isIPv6 } from 'node:net';

/** What some readers take for an IPv4 address: all its last part is a number, decimal, octal or hexadecimal. */
const LIKE_IPV4 = /(?:^|\.)(?:\d+|0[xX][0-9a-fA-F]*)\.?$/;

/** Between two dots, before the first one or behind the last one there is nothing. */
const EMPTY_LABEL = /(?:^|\.)(?:\.|$)/;

/**
 * The one spelling of a server's name or address: lower case, no dot at the end, IPv6 as RFC 5952 writes it, an IPv4
 * address in IPv6 as the IPv4 address. Undefined for a text that some readers take for an IPv4 address and others for
 * another one or a name: `10.1`, `167772161`, `0x0a000001`, `010.0.0.1`
 * (https://url.spec.whatwg.org/#concept-ipv4-parser has them all), and for one with an empty label.
 */
export function canonicalServer(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (text.includes(':')) return isIPv6(text) && !text.includes('%') ? canonicalIPv6(text) : undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  return EMPTY_LABEL.test(name) || LIKE_IPV4.test(name) ? undefined : name;
}

/** What lies where on a server, as mount takes it: `nfs.example.com:/models`, `[fd00::1]:/models`. */
export function exportOf({ server, path }: { readonly server: string; readonly path: string }): string {
  return `${server.includes(':') ? `[${server}]` : server}:${path}`;
}

const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

function canonicalIPv6(text: string): string {
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED_IPV4.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = [high, low].map((each) => parseInt(each, 16)).flatMap((each) => [each >> 8, each & 255]);
  return bytes.join('.');
}
