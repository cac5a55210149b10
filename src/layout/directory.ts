import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StowageError, systemCode } from '../errors.ts';
import { removeAbandoned } from './partial.ts';

/** What a build that ended before its tag was set leaves, and what a disk that was just formatted has. */
const NO_ONES = /^(?:blobs|lost\+found|\.stowage.*|.*\.partial)$/;

/**
 * Makes a directory ready for the blobs of a layout, whether it is new, empty, or a layout already.
 * @throws LayoutInvalid where it holds something else: files of ours among them would be hard to find again
 */
export async function prepareLayout(directory: string): Promise<void> {
  const names = await namesIn(directory);
  const other = names.find((name) => !NO_ONES.test(name));
  if (other !== undefined && !names.includes('oci-layout')) {
    throw new StowageError(
      'LayoutInvalid',
      `${directory} is no OCI image layout, but it is not empty either: it holds ${JSON.stringify(other)}`,
      { hint: 'Name an empty or new directory, or an existing layout.' },
    );
  }
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  await removeAbandoned(directory, names);
}

/** Makes the names in a directory last through a loss of power, as the sync of a file does not. */
export async function syncNames(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
