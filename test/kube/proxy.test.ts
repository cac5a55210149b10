import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/kube/proxy.ts';
import { thrownBy } from '../support/thrown.ts';

const PROXY = 'http://proxy:3128';

describe('proxyFor', () => {
  it.each<[string, NodeJS.ProcessEnv, string | undefined]>([
    ['https://api.example.com:6443', {}, undefined],
    ['https://api.example.com:6443', { HTTPS_PROXY: PROXY }, PROXY],
    ['https://api.example.com:6443', { https_proxy: PROXY }, PROXY],
    ['https://api.example.com:6443', { HTTPS_PROXY: 'proxy:3128' }, PROXY],
    ['https://api.example.com:6443', { HTTPS_PROXY: '' }, undefined],
    ['https://api.example.com:6443', { HTTP_PROXY: PROXY }, undefined],
    ['http://api.example.com:8080', { HTTP_PROXY: PROXY }, PROXY],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: PROXY }, undefined],
    ['https://localhost:6443', { HTTPS_PROXY: PROXY }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY: PROXY }, undefined],
  ])('%s with %o: %s', (server, env, expected) => {
    expect(proxyFor(new URL(server), env)).toBe(expected);
  });

  it.each(['ftp://proxy', 'http://', 'socks4://proxy:1'])('refuses %s, without showing it', (HTTPS_PROXY) => {
    const error = thrownBy(() => proxyFor(new URL('https://api.example.com'), { HTTPS_PROXY }));
    expect(error.code).toBe('KubeconfigInvalid');
    expect(error.message).not.toContain(HTTPS_PROXY);
  });

  it.each([
    ['*', true],
    ['api.example.com', true],
    ['example.com', true],
    ['EXAMPLE.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['api.example.com:6443', true],
    ['api.example.com:443', false],
    ['ample.com', false],
    ['.api.example.com', false],
    ['other.org, example.com', true],
    ['', false],
    [',,', false],
  ])('NO_PROXY=%s excepts api.example.com:6443: %s', (NO_PROXY, excepted) => {
    const proxy = proxyFor(new URL('https://api.example.com:6443'), { HTTPS_PROXY: PROXY, NO_PROXY });
    expect(proxy === undefined).toBe(excepted);
  });

  it.each([
    ['10.96.0.1', '10.96.0.0/12', true],
    ['10.96.0.1', '10.96.0.1', true],
    ['10.96.0.1', '10.96.0.10', false],
    ['10.96.0.1', '192.168.0.0/16', false],
    ['10.96.0.1', '10.96.0.0/33', false],
    ['10.96.0.1', '10.96.0.0/', false],
    ['10.96.0.1', 'fd00::/8', false],
    ['10.96.0.1', '96.0.1', false],
    ['[fd00::1]', 'fd00::/8', true],
    ['[fd00::1]', '[fd00::1]:443', true],
    ['api.example.com', '10.0.0.0/8', false],
  ])('https://%s with NO_PROXY=%s is excepted: %s', (host, NO_PROXY, excepted) => {
    const proxy = proxyFor(new URL(`https://${host}`), { HTTPS_PROXY: PROXY, NO_PROXY });
    expect(proxy === undefined).toBe(excepted);
  });
});
