import { BlockList, isIP } from 'node:net';
import { StowageError } from '../errors.ts';

/**
 * The proxy on the way to a server, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either case, read as programs written
 * in Go read them (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config): with networks in NO_PROXY, which
 * clusters need for the API server's address and which undici's own reading of these variables does not know.
 * @returns undefined for a direct connection. This machine is never reached through a proxy.
 * @throws KubeconfigInvalid when it is no address of a proxy.
 */
export function proxyFor(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const proxy =
    server.protocol === 'https:' ? (env.HTTPS_PROXY ?? env.https_proxy) : (env.HTTP_PROXY ?? env.http_proxy);
  if (proxy === undefined || proxy === '' || isLoopback(hostOf(server))) return undefined;
  const exceptions = (env.NO_PROXY ?? env.no_proxy ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase());
  if (exceptions.some((entry) => covers(entry, server))) return undefined;
  return checkedProxy(proxy.includes('://') ? proxy : `http://${proxy}`);
}

/** @throws KubeconfigInvalid when it is no address of a proxy. It may hold a password, so it is not shown. */
export function checkedProxy(proxy: string): string {
  const protocol = URL.parse(proxy)?.protocol ?? '';
  if (['http:', 'https:', 'socks5:'].includes(protocol)) return proxy;
  throw new StowageError('KubeconfigInvalid', 'the proxy for the cluster is no http, https or socks5 URL', {
    hint: 'it comes from proxy-url in the kubeconfig, or else from HTTPS_PROXY',
  });
}

/** Whether an entry of NO_PROXY (lower case) speaks of the server. */
function covers(entry: string, server: URL): boolean {
  const host = hostOf(server);
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && network(entry)?.check(host, family(host)) === true;
  const { name, port } = splitPort(entry);
  return (port === undefined || port === portOf(server)) && isOrCovers(name, host);
}

/** `example.com` stands for itself and what is under it, `.example.com` and `*.example.com` for what is under it. */
function isOrCovers(name: string, host: string): boolean {
  if (name === '' || isIP(host) !== 0) return name === host;
  const suffix = name.replace(/^\*?\./, '');
  return host.endsWith(`.${suffix}`) || host === name;
}

function portOf(server: URL): string {
  return server.port || (server.protocol === 'https:' ? '443' : '80');
}

function splitPort(entry: string): { name: string; port: string | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry);
  return match === null
    ? { name: entry, port: undefined }
    : { name: match[1] ?? match[2] ?? '', port: match[3] };
}

function network(entry: string): BlockList | undefined {
  const [address = '', prefix = ''] = entry.split('/');
  const bits = Number(prefix);
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix) || bits > (isIP(address) === 4 ? 32 : 128))
    return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, family(address));
  return list;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function hostOf(server: URL): string {
  return server.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
