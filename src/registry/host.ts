import { BlockList, isIP } from 'node:net';

/**
 * Whether a host name, as `URL.hostname` spells it, means this machine. Names under `.localhost` are loopback by
 * RFC 6761 section 6.3; local cluster tools give their registries such names.
 */
export function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  return isIn(LOOPBACK, hostname);
}

/** Whether it is an address literal that no public host has a reason to send us to: loopback, private, link-local. */
export function isPrivateAddress(hostname: string): boolean {
  return isLoopback(hostname) || isIn(PRIVATE, hostname);
}

/** Where a registry is asked: plain HTTP where that was chosen, HTTPS otherwise. `host` is `name[:port]`. */
export function originOf(host: string, plainHttp: boolean): URL {
  return new URL(`${plainHttp ? 'http' : 'https'}://${host}`);
}

const LOOPBACK = blockList(['127.0.0.0/8', '::1/128']);

/** RFC 1918, RFC 6598, RFC 3927 (cloud metadata services live there), RFC 4193, and "this network". */
const PRIVATE = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '0.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::/128',
]);

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), family(address));
  }
  return list;
}

function isIn(list: BlockList, hostname: string): boolean {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(address) !== 0 && list.check(address, family(address));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
