import { type Command, Option } from 'commander';
import type { ReadableStore } from '../pull/image.ts';
import { addRegistry, openOptions, type RegistryOption } from './target-options.ts';
import type { Place } from '../pack/open-target.ts';

/** The options of every verb that reads images. */
export interface ReadOptions extends RegistryOption {
  readonly platform?: string;
}

export function addReadOptions(command: Command): Command {
  return addRegistry(
    command.addOption(
      new Option(
        '--platform <os/arch>',
        'which image of several, such as linux/arm64 (default: the first that is listed)',
      ),
    ),
  );
}

/** A place that images are read from. */
export type ReadPlace = Omit<Place, 'target'> & { readonly target: Place['target'] & ReadableStore };

/** Opens the place that a reference names, lets `use` read there, and closes it. @throws UsageInvalid */
export async function withPlace<T>(
  reference: string,
  options: ReadOptions,
  use: (place: ReadPlace) => Promise<T>,
): Promise<T> {
  const [{ openPlace }, { givesRanges }] = await Promise.all([
    import('../pack/open-target.ts'),
    import('../oci/target.ts'),
  ]);
  const place = await openPlace(reference, { ...openOptions(options), access: 'pull' });
  try {
    if (!givesRanges(place.target)) throw new Error(`${place.target.name} gives no parts of blobs`);
    return await use({ ...place, target: place.target });
  } finally {
    await place.target.close();
  }
}
