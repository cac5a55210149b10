import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/controller/load-settings.ts';
import { parseSettings } from '../../src/controller/parse-settings.ts';
import { StowageError } from '../../src/errors.ts';
import { tempDir } from '../support/tempdir.ts';

const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
const IMAGE = 'registry.example.com/stowage:v1';

describe('parseSettings', () => {
  it('needs one line', () => {
    const { settings } = parseSettings(`builder: {image: ${IMAGE}}`, 's.yaml');
    expect(settings).toMatchObject({
      builder: { image: IMAGE, imagePullPolicy: 'IfNotPresent' },
      registries: { plainHttp: [], pushSecret: 'regcred' },
      limits: { running: 8 },
      policy: { allowAll: false },
    });
  });

  it('needs none where the image is given, and keeps what was written apart from defaults', () => {
    expect(parseSettings('', 's.yaml', IMAGE).declared).toEqual({ builder: { image: IMAGE } });
    const { declared } = parseSettings('limits: {running: 2}', 's.yaml', IMAGE);
    expect(declared).toEqual({ limits: { running: 2 }, builder: { image: IMAGE } });
  });

  it('prefers an image of its own', () => {
    expect(parseSettings('builder: {image: mine}', 's.yaml', IMAGE).settings.builder.image).toBe('mine');
  });

  it.each([
    ['{}', 's.yaml:1:1: builder: found nothing; expected a mapping'],
    ['builder: {image: a, imag: b}', 's.yaml:1:21: builder.imag: unknown field; did you mean image?'],
    ['builder: {image: a}\nlimit: {}', 's.yaml:2:1: limit: unknown field; did you mean limits?'],
    [
      'builder: {image: a}\ndeadlines: {buid: 1}',
      's.yaml:2:13: deadlines.buid: unknown field; did you mean build?',
    ],
    [
      'builder: {image: a, tolerations: [{key: x, opertor: Exists}]}',
      's.yaml:1:44: builder.tolerations[0].opertor: unknown field; did you mean operator?',
    ],
    [
      'builder: {image: a}\nlimits: {running: 0}',
      's.yaml:2:19: limits.running: found 0; expected at least 1',
    ],
    ['builder: {image: a, requests: {cpu: lots}}', 's.yaml:1:37: builder.requests.cpu: found "lots"'],
    ['- a', 's.yaml:1:1: found a list; expected a mapping'],
    ['builder: {image: a}\n---\nlimits: {}', 's.yaml:3:1: a second document; expected one'],
    ['builder: {', 's.yaml:1:11: not valid YAML'],
  ])('refuses %j', (text, says) => {
    expect(() => parseSettings(text, 's.yaml')).toThrow(
      expect.objectContaining({
        code: 'DeclarationInvalid',
        message: expect.stringContaining(says) as string,
        hint: 'docs/settings.md has every field.',
      }),
    );
  });

  it('gives settings or says why not, whatever it reads', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.jsonValue({ maxDepth: 4 }).map((value) => stringify(value)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          parseSettings(text, 's.yaml', IMAGE);
        } catch (error) {
          expect(error).toBeInstanceOf(StowageError);
          expect(error).toMatchObject({ code: 'DeclarationInvalid' });
        }
      }),
    );
  });
});

describe('loadSettings', () => {
  it('reads the example of the documentation', async () => {
    const file = join(import.meta.dirname, '../../examples/settings.yaml');
    expect(await loadSettings(file)).toMatchObject({ settings: { limits: { running: 16 } } });
  });

  it('reads authorities beside it, certificates only', async () => {
    const directory = await tempDir();
    const certificates = `${rootCertificates[0] ?? ''}\n${rootCertificates[1] ?? ''}\n`;
    await writeFile(join(directory, 'both.pem'), `# ours\n${PRIVATE_KEY}${certificates}`);
    const file = await settingsFile(directory, 'both.pem');
    expect((await loadSettings(file)).authorities).toBe(certificates);
  });

  it.each([
    ['nothing', '', 'holds no certificate'],
    ['a key alone', PRIVATE_KEY, 'holds no certificate'],
    [
      'no certificate between the lines',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'a certificate, number 1, that cannot be read',
    ],
    ['too much', ' '.repeat(96 * 1024 + 1), 'too large for certificates'],
  ])('refuses authorities that are %s', async (_, text, says) => {
    const directory = await tempDir();
    await writeFile(join(directory, 'ca.pem'), text);
    const loading = loadSettings(await settingsFile(directory, 'ca.pem'));
    await expect(loading).rejects.toMatchObject({
      code: 'UsageInvalid',
      message: expect.stringContaining(says) as string,
    });
  });

  it('says which file is not there', async () => {
    const directory = await tempDir();
    await expect(loadSettings(join(directory, 'none.yaml'))).rejects.toThrow(/none\.yaml.*does not exist/);
    await expect(loadSettings(await settingsFile(directory, 'none.pem'))).rejects.toThrow(
      /none\.pem.*does not exist/,
    );
  });

  it('reads no more of a file than settings can be', async () => {
    const loading = loadSettings('/dev/zero');
    await expect(loading).rejects.toThrow(/too large for settings/);
  });
});

async function settingsFile(directory: string, caFile: string): Promise<string> {
  const file = join(directory, 'settings.yaml');
  await writeFile(file, stringify({ builder: { image: IMAGE }, registries: { caFile } }));
  return file;
}
