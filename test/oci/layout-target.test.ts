import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLayout } from '../../src/layout/layout.ts';
import { hexOf } from '../../src/oci/digest.ts';
import { tempDir } from '../support/tempdir.ts';
import { targetConformance } from './target-conformance.ts';

targetConformance(
  'an OCI image layout',
  async () => {
    const directory = join(await tempDir(), 'layout');
    return {
      target: openLayout(directory),
      reopen: () => Promise.resolve(openLayout(directory)),
      corrupt: async (digest) => {
        const file = join(directory, 'blobs', 'sha256', hexOf(digest));
        const bytes = await readFile(file);
        bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
        await writeFile(file, bytes);
      },
    };
  },
  { damages: true },
);
