import { imageManifest, readConfig } from '../image/base/documents.ts';
import { StowageError } from '../errors.ts';
import type { ImageStore, StoredManifest } from '../oci/target.ts';

/** The labels of an image; none where what is stored is no image, or one for several platforms. */
export async function labelsIn(
  store: ImageStore,
  stored: StoredManifest,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  try {
    const { config } = imageManifest(store.name, stored);
    const { config: settings } = await readConfig(store, config, store.name, signal);
    return labelsOf(settings);
  } catch (error) {
    if (error instanceof StowageError && error.code === 'BaseInvalid') return {};
    throw error;
  }
}

function labelsOf(
  settings: Readonly<Record<string, unknown>> | null | undefined,
): Readonly<Record<string, string>> {
  const labels: unknown = settings?.['Labels'];
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
