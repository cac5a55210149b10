import { describe, expect, it } from 'vitest';
import { refuseLargeLayers } from '../../src/pack/refuse-layers.ts';

const layer = (title: string, gigabytes: number) => ({ title, size: gigabytes * 1e9 });

describe('layers that a registry does not take', () => {
  it.each<[string, ReturnType<typeof layer>[], string, string | undefined]>([
    [
      'one that is too large',
      [layer('a.tar', 12), layer('b.tar', 1)],
      'ghcr.io',
      '"a.tar" has 11.2 GiB; ghcr.io takes 9.3 GiB',
    ],
    [
      'several',
      [layer('a.tar', 11), layer('b.tar', 12)],
      'ghcr.io',
      '"b.tar" has 11.2 GiB, and 1 more are too large',
    ],
    ['none of the largest size', [layer('a.tar', 10)], 'ghcr.io', undefined],
    ['none, where the limit is another', [layer('a.tar', 12)], 'example.azurecr.io', undefined],
    ['none, where no limit is known', [layer('a.tar', 1000)], 'registry.example.com', undefined],
  ])('are %s', (_, layers, host, expected) => {
    const refuse = (): void => refuseLargeLayers(layers, host);
    if (expected === undefined) expect(refuse).not.toThrow();
    else
      expect(refuse).toThrow(
        expect.objectContaining({
          code: 'LayerTooLarge',
          message: expect.stringContaining(expected) as string,
          hint: expect.stringContaining('max_shard_size="9GB"') as string,
        }) as Error,
      );
  });
});
