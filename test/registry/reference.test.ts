import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { parseReference } from '../../src/registry/reference.ts';
import { thrownBy } from '../support/thrown.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseReference', () => {
  it.each([
    ['registry.example.com/team/bert:v3', 'registry.example.com', 'team/bert', 'v3'],
    ['registry.example.com:5000/bert', 'registry.example.com:5000', 'bert', undefined],
    ['localhost/bert:v3', 'localhost', 'bert', 'v3'],
    ['localhost:5000/a/b/c', 'localhost:5000', 'a/b/c', undefined],
    ['127.0.0.1:5000/bert', '127.0.0.1:5000', 'bert', undefined],
    ['[::1]:5000/bert:v3', '[::1]:5000', 'bert', 'v3'],
    ['[2001:DB8::1]/bert', '[2001:db8::1]', 'bert', undefined],
    ['Registry.Example.com/bert', 'registry.example.com', 'bert', undefined],
    ['busybox', 'index.docker.io', 'library/busybox', undefined],
    ['busybox:1.36', 'index.docker.io', 'library/busybox', '1.36'],
    ['team/bert:v3', 'index.docker.io', 'team/bert', 'v3'],
    ['docker.io/busybox', 'index.docker.io', 'library/busybox', undefined],
    ['docker.io/team/bert', 'index.docker.io', 'team/bert', undefined],
    ['registry-1.docker.io/library/busybox', 'index.docker.io', 'library/busybox', undefined],
    ['example.com/a__b/c--d/e.f_g', 'example.com', 'a__b/c--d/e.f_g', undefined],
  ])('takes %s apart', (text, host, repository, tag) => {
    expect(parseReference(text)).toEqual({ host, repository, tag, digest: undefined });
    expect(parseReference(`${text}@${DIGEST}`)).toEqual({ host, repository, tag, digest: DIGEST });
  });

  it.each([
    ['', 'the repository'],
    ['example.com/', 'the repository ""'],
    ['example.com/Bert', 'the repository "Bert"'],
    ['Bert', 'the repository "library/Bert"'],
    ['example.com/a//b', 'the repository "a//b"'],
    ['example.com/../etc', 'the repository'],
    ['example.com/a___b', 'the repository'],
    ['example.com/bert:', 'the tag ""'],
    ['example.com/bert:.v1', 'the tag ".v1"'],
    [`example.com/bert:${'v'.repeat(129)}`, 'the tag'],
    ['example.com/bert@sha256:12', 'is not a sha256 digest'],
    [`example.com/bert@${DIGEST}@${DIGEST}`, 'is not a sha256 digest'],
    ['https://example.com/bert', 'is not a host name'],
    ['user@example.com/bert', 'is not a sha256 digest'],
    ['example.com:99999/bert', 'is not a host name'],
    ['1.2.3.4.5/bert', 'is not a host name'],
    ['[::1/bert', 'is not a host name'],
    ['-example.com/bert', 'is not a host name'],
    ['example.com/bert\n', 'the repository'],
    [`example.com/${'a'.repeat(250)}`, '255 characters together'],
  ])('refuses %j, as %s', (text, why) => {
    const error = thrownBy(() => parseReference(text));
    expect(error).toMatchObject({
      code: 'UsageInvalid',
      hint: expect.stringContaining('team/model:v1') as string,
    });
    expect(error.message).toContain(why);
  });

  it('does not look at a text that is too long to be one', () => {
    expect(thrownBy(() => parseReference('a'.repeat(1_000_000))).message).toMatch(
      /^"a{80}…".*512 characters$/,
    );
  });

  it('gives the parts that a text was put together from', () => {
    fc.assert(
      fc.property(
        hosts,
        repositories,
        fc.option(tags, { nil: undefined }),
        fc.boolean(),
        (host, repository, tag, pinned) => {
          const digest = pinned ? DIGEST : undefined;
          const text = `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${pinned ? `@${DIGEST}` : ''}`;
          expect(parseReference(text)).toEqual({ host, repository, tag, digest });
        },
      ),
    );
  });

  it('refuses whatever else it is given without losing its head', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom('a', '.', ':', '/', '@', '[', ']', '-', '_', '0', 'A', '\n') }),
        ),
        (text) => {
          try {
            const { host } = parseReference(text);
            expect(URL.canParse(`https://${host}/v2/`)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(StowageError);
          }
        },
      ),
    );
  });
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const repositories = fc.array(word, { minLength: 2, maxLength: 5 }).map((parts) => parts.join('/'));
const tags = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
const hosts = fc
  .tuple(
    fc.constantFrom('registry.example.com', 'localhost', '10.1.2.3', '[::1]', 'a-b.example'),
    fc.option(fc.integer({ min: 1, max: 65535 })),
  )
  .map(([name, port]) => (port === null ? name : `${name}:${port}`));
