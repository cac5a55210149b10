import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeclarations } from '../../src/api/declaration.ts';
import { StowageError } from '../../src/errors.ts';

const DECLARATION = `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: bert-v3}
spec:
  modelName: bert
  imageRepo: registry.example.com/team-a/bert
  storage: {localStorage: {path: /data/bert}}
`;

/** Fast machines need milliseconds; without the limits most of these take from ten seconds to for ever. */
const LIMIT_MS = 5000;

/** The error, or nothing where the text is a declaration. Anything else that is thrown fails the test. */
function refusalOf(text: string): StowageError | undefined {
  try {
    parseDeclarations(text, 'hostile.yaml', '/work');
    return undefined;
  } catch (error) {
    if (error instanceof StowageError && error.code === 'DeclarationInvalid') return error;
    throw error;
  }
}

function expectNoOtherError(text: fc.Arbitrary<string>): void {
  fc.assert(
    fc.property(text, (hostile) => {
      const refusal = refusalOf(hostile);
      expect(refusal?.message).not.toBe('');
    }),
    { numRuns: 500 },
  );
}

const PIECES = [
  ...DECLARATION.split('\n').map((line) => `${line}\n`),
  ...[
    'kind: List\nitems:\n',
    '- ',
    '? ',
    ': ',
    '  ',
    '\n',
    '\t',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '%TAG ! x\n',
    '# ',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!!str ',
    '!x ',
    '<<: ',
    '\\',
    '\u0000',
    '\ufeff',
    '\u2028',
  ],
  ...['__proto__', 'constructor', 'status', 'null', '~', '1.0', '.nan', '0x1f', 'true', '\ud800'],
];

const PATHS = [
  ['kind'],
  ['metadata'],
  ['metadata', 'labels'],
  ['spec'],
  ['spec', 'imageRepo'],
  ['spec', 'storage'],
  ['spec', 'storage', 'AWSEfs'],
  ['spec', 'storage', 'AWSEfs', 'attributes'],
  ['status'],
];

function withValueAt(path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const object = { apiVersion: 'model.kubedl.io/v1alpha1', kind: 'ModelVersion' };
  return { ...(path.length > 1 ? object : {}), [key]: withValueAt(rest, value) };
}

describe('a hostile declaration', () => {
  it('causes no error but a refusal, whatever its characters', () => {
    expectNoOtherError(fc.string({ unit: 'binary' }));
  });

  it('causes no error but a refusal, whatever its YAML', () => {
    expectNoOtherError(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
    );
  });

  it('causes no error but a refusal, whatever stands in its fields', () => {
    const object = fc
      .tuple(fc.constantFrom(...PATHS), fc.jsonValue())
      .map(([path, value]) => withValueAt(path, value));
    expectNoOtherError(object.map((value) => JSON.stringify(value)));
  });

  const list = (count: number, item: string) => `kind: List\nitems:\n${item.repeat(count)}`;
  const laughs = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map(
    (name, index) =>
      `${name}: &${name} [${Array(9)
        .fill(`*${'abcdefgh'.charAt(index)}`)
        .join(', ')}]\n`,
  );

  it.each<[what: string, text: string, says: RegExp]>([
    ['too many bytes', 'a'.repeat(1024 * 1024 + 1), /more than 1048576 bytes/],
    ['too many tokens', '['.concat(','.repeat(1024 * 1024 - 1)), /more than 100000 YAML tokens/],
    ['too many documents', 'a\n---\n'.repeat(20_000), /more than 100 YAML documents/],
    ['deep lists', '['.repeat(90_000), /more than 32 levels of nesting/],
    ['deep mappings', '{'.repeat(90_000), /more than 32 levels of nesting/],
    ['deep block lists', '- '.repeat(40_000), /more than 32 levels of nesting/],
    ['deep keys', '? '.repeat(40_000), /more than 32 levels of nesting/],
    ['a billion laughs', `a: &a [x]\n${laughs.join('')}`, /more than 100 YAML aliases/],
    ['laughs in many documents', `a: &a [x,x,x]\nb: [*a,*a]\n---\n`.repeat(99), /more than 100 YAML aliases/],
    [
      'a large value repeated',
      `a: &a [${'x,'.repeat(9000)}]\nb: [${'*a,'.repeat(50)}]`,
      /more than 100000 YAML values/,
    ],
    ['an alias to itself', 'a: &a [*a]', /more than 32 levels of nesting/],
    ['many YAML errors', '{'.concat(','.repeat(90_000)), /has \d+ errors/],
    [
      'many keys',
      DECLARATION + Array.from({ length: 12_000 }, (_, i) => `k${i}: 1\n`).join(''),
      /has 12000 errors/,
    ],
    ['the same key again and again', 'kind: Model\n'.repeat(12_000), /has 11999 errors/],
    ['many objects', list(6_000, '- {kind: Model}\n'), /has \d+ errors/],
    ['a long path', DECLARATION.replace('/data/bert', '/a'.repeat(500_000)), /1000000 characters/],
    [
      'a long repository',
      DECLARATION.replace('team-a', 'a-'.repeat(500_000)),
      /characters\); expected a repository/,
    ],
    ['a long unknown key', `${DECLARATION}${'k'.repeat(1000)}: 1`, /unknown field/],
  ])('is refused in little time: %s', (_, text, says) => {
    const start = performance.now();
    expect(refusalOf(text)?.message).toMatch(says);
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });

  it('reaches no prototype', () => {
    const text = `${DECLARATION}__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n`;
    expect(refusalOf(text)?.message).toMatch(/__proto__: unknown field/);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
