import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback, isPrivateAddress } from '../../src/registry/host.ts';
import { nextUrl } from '../../src/registry/hop.ts';
import { thrownBy } from '../support/thrown.ts';

describe('isLoopback', () => {
  it.each([
    'localhost',
    'registry.localhost',
    '127.0.0.1',
    '127.8.9.10',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ])('takes %s for this machine', (hostname) => expect(isLoopback(hostname)).toBe(true));
  it.each([
    'example.com',
    'localhost.example.com',
    'notlocalhost',
    '128.0.0.1',
    '10.0.0.1',
    '[::2]',
    '127.0.0.1.example.com',
  ])('takes %s for another', (hostname) => expect(isLoopback(hostname)).toBe(false));
});

describe('isPrivateAddress', () => {
  it.each([
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:10.0.0.1]',
    'localhost',
  ])('knows %s', (hostname) => expect(isPrivateAddress(hostname)).toBe(true));
  it.each(['8.8.8.8', '172.32.0.1', 'registry.internal', '[2001:4860:4860::8888]'])(
    'lets %s be',
    (hostname) => {
      expect(isPrivateAddress(hostname)).toBe(false);
    },
  );
});

/*
 *                        to:  same host   other host   other, http   private literal
 *   from https, public         followed    followed     no            no
 *   from https, private        followed    followed     no            followed
 *   from http                  followed    followed     no            no, unless it is private itself
 */
describe('nextUrl', () => {
  it.each([
    ['https://r.example.com/v2/a', '/v2/b?x=%2f', 'https://r.example.com/v2/b?x=%2f'],
    ['https://r.example.com/v2/a', 'https://cdn.example.net/b', 'https://cdn.example.net/b'],
    ['https://r.example.com/v2/a', '//cdn.example.net/b', 'https://cdn.example.net/b'],
    ['https://r.example.com/v2/a', 'https://r.example.com:8443/b', 'https://r.example.com:8443/b'],
    ['https://10.0.0.1/v2/a', 'https://10.0.0.2/b', 'https://10.0.0.2/b'],
    ['http://r.example.com/v2/a', 'http://r.example.com:81/b', 'http://r.example.com:81/b'],
    ['http://r.example.com/v2/a', 'https://cdn.example.net/b', 'https://cdn.example.net/b'],
    ['http://127.0.0.1:5000/v2/a', 'http://localhost:9000/b', 'http://localhost:9000/b'],
    ['https://r.example.com/v2/a', 'https://user:secret@r.example.com/b#c', 'https://r.example.com/b'],
  ])('goes from %s to %s', (from, to, next) => {
    expect(nextUrl(new URL(from), to, 'the redirect').href).toBe(next);
  });

  it.each([
    ['https://r.example.com/a', 'http://r.example.com/b', 'from HTTPS to plain HTTP'],
    ['https://r.example.com/a', 'http://cdn.example.net/b', 'from HTTPS to plain HTTP'],
    ['http://r.example.com/a', 'http://cdn.example.net/b', 'another host without TLS'],
    ['https://r.example.com/a', 'https://127.0.0.1/b', 'only this machine'],
    ['https://r.example.com/a', 'https://[::1]/b', 'only this machine'],
    ['https://r.example.com/a', 'https://localhost/b', 'only this machine'],
    ['https://r.example.com/a', 'https://169.254.169.254/latest/meta-data', 'only this machine'],
    ['https://r.example.com/a', 'https://2130706433/b', 'only this machine'],
    ['https://r.example.com/a', 'https://0x7f.1/b', 'only this machine'],
    ['https://r.example.com/a', 'file:///etc/passwd', 'neither HTTP nor HTTPS'],
    ['https://r.example.com/a', 'javascript:alert(1)', 'neither HTTP nor HTTPS'],
    ['https://r.example.com/a', 'https://[', 'is not an address'],
  ])('does not go from %s to %s', (from, to, why) => {
    const error = thrownBy(() => nextUrl(new URL(from), to, 'the redirect'));
    expect(error).toMatchObject({ code: 'RegistryFailed', retryable: false });
    expect(error.message).toContain(why);
  });

  it('never leaves HTTPS, whatever a server says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ validSchemes: ['http', 'https', 'ftp'] })), (to) => {
        try {
          expect(nextUrl(new URL('https://r.example.com/v2/'), to, 'it').protocol).toBe('https:');
        } catch (error) {
          expect(error).toMatchObject({ code: 'RegistryFailed' });
        }
      }),
    );
  });
});
