import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packTo } from '../../src/pack/pack-to.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { faultRegistry } from '../support/fault-registry.ts';
import { tempDir } from '../support/tempdir.ts';
import { rejectionOf } from '../support/thrown.ts';

describe('a base image', () => {
  it('is asked for with a token to pull, which is all that most have for it', async () => {
    const registry = await faultRegistry({ auth: { kind: 'token' } });
    const directory = await tempDir();
    await writeFile(join(directory, 'config.json'), '{}');
    const build = packTo({
      directory,
      to: `${registry.host}/team/bert:v1`,
      base: `${registry.host}/library/base:v1`,
      overwrite: false,
      compression: 'none',
      open: { plainHttp: false },
      progress: SILENT,
      signal: new AbortController().signal,
    });
    expect(await rejectionOf(build)).toMatchObject({ code: 'BaseNotFound' });
    expect(registry.tokens.asked).toEqual([['repository:library/base:pull']]);
  });
});
