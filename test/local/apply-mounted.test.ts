import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { packTo } from '../../src/pack/pack-to.ts';
import { openStorage } from '../../src/storage/kinds.ts';
import { SILENT } from '../../src/telemetry/progress.ts';
import { version, workshop } from './workshop.ts';

vi.mock('../../src/storage/kinds.ts', { spy: true });
vi.mock('../../src/pack/pack-to.ts', { spy: true });

afterEach(() => vi.resetAllMocks());

const NFS = version('v1').replace('{localStorage: {path: ./model}}', '{nfs: {server: nfs, path: /exports}}');
const LEFT_OVER = new StowageError('MountFailed', '/tmp/x cannot be unmounted and removed', {
  hint: 'Do it by hand.',
});

/** A storage that is mounted for the time of the build; whether it can be unmounted. */
function mounted(directory: string, close: () => Promise<void>): void {
  vi.mocked(openStorage).mockResolvedValue({ directory, close });
}

describe('apply of what is mounted for the time of the build', () => {
  it('builds and publishes where it cannot be unmounted, and warns', async () => {
    const shop = await workshop();
    mounted(join(shop.root, 'model'), () => Promise.reject(LEFT_OVER));
    const warnings: string[] = [];
    const progress = () => ({ ...SILENT, warning: (text: string) => void warnings.push(text) });
    expect(await shop.apply(NFS, { progress })).toMatchObject([{ result: 'built' }]);
    expect(warnings).toEqual(['/tmp/x cannot be unmounted and removed. Do it by hand.']);
    const model = await shop.state.models.read('default', 'bert');
    expect(model?.status?.latestVersion?.modelVersion).toBe('v1');
  });

  it.each([
    ['Unknown system error -116: Unknown system error -116, read', 'StaleHandle'],
    ['EIO: i/o error, read', 'ServerUnreachable'],
    ['something new', 'SourceUnreadable'],
  ])('says what %s means while it is read: %s, whatever becomes of the mount', async (words, code) => {
    const shop = await workshop();
    mounted(join(shop.root, 'model'), () => Promise.reject(LEFT_OVER));
    const error = new StowageError('SourceUnreadable', `"a.bin" cannot be read: ${words}`);
    vi.mocked(packTo).mockRejectedValueOnce(error);
    expect(await shop.apply(NFS)).toMatchObject([{ result: 'failed', error: { code } }]);
    const known = await shop.state.modelVersions.read('default', 'v1');
    expect(known?.status?.message).toContain(words);
  });
});
