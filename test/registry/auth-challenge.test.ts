import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../src/registry/auth-challenge.ts';

const plain = (header: string): unknown =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    ],
    ['Basic realm="x"', [['basic', { realm: 'x' }]]],
    ['Basic', [['basic', {}]]],
    ['BASIC Realm=x', [['basic', { realm: 'x' }]]],
    ['Bearer realm = "x" , service = y', [['bearer', { realm: 'x', service: 'y' }]]],
    [
      'Basic realm="a", Bearer realm="b",service="c"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b', service: 'c' }],
      ],
    ],
    ['Basic realm="say \\"hi\\" \\\\"', [['basic', { realm: 'say "hi" \\' }]]],
    [
      'Negotiate, Bearer realm="b"',
      [
        ['negotiate', {}],
        ['bearer', { realm: 'b' }],
      ],
    ],
    ['Bearer realm=""', [['bearer', { realm: '' }]]],
    ['Bearer realm="never closed', [['bearer', { realm: '' }]]],
    ['', []],
    [' , ,', []],
    ['"quoted"', []],
  ])('reads %j', (header, challenges) => {
    expect(plain(header)).toEqual(challenges);
  });

  it('reads nothing where there is no header, or one longer than any honest one', () => {
    expect(parseChallenges(undefined)).toEqual([]);
    expect(parseChallenges(`Bearer realm="${'x'.repeat(10_000)}"`)).toEqual([]);
  });

  it('takes no more than a few challenges with a few parameters', () => {
    const many = Array.from({ length: 500 }, (_, n) => `S${n} p=1`).join(', ');
    expect(parseChallenges(many).length).toBeLessThan(10);
    const long = `Bearer ${Array.from({ length: 500 }, (_, n) => `p${n}=1`).join(',')}`;
    expect(parseChallenges(long)[0]?.parameters.size).toBeLessThan(20);
  });

  it('finds what an honest server wrote, however it spaces and quotes', () => {
    const value = fc.stringMatching(/^[a-zA-Z0-9:/.,_-]{0,30}$/);
    fc.assert(
      fc.property(value, value, fc.constantFrom(',', ', ', ' , '), (realm, service, comma) => {
        expect(plain(`Bearer realm="${realm}"${comma}service="${service}"`)).toEqual([
          ['bearer', { realm, service }],
        ]);
      }),
    );
  });

  it('reads any text in no time', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('a', 'B', '=', '"', ',', '\\', ' ', '\t', '\n', '\0', 'é'),
      maxLength: 8000,
    });
    fc.assert(
      fc.property(nasty, (header) => void parseChallenges(header)),
      { numRuns: 200 },
    );
    const started = performance.now();
    for (const piece of ['"', '\\', 'a=', 'a="\\', ' ', ',', 'a '])
      parseChallenges(piece.repeat(8192 / piece.length));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
