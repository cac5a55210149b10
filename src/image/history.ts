import type { ImageConfig } from '../oci/manifest.ts';

/** The only time in what we write. */
export const EPOCH = '1970-01-01T00:00:00Z';

/** How one layer came to be, or (with empty_layer) a step that made none: OCI image-spec, config.md, "history". */
export type HistoryEntry = {
  readonly created: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: true;
};

/** RFC 3339, the only form of time the specification knows; Go programs refuse a config with another. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A base's history in a form that tools accept below ours: every entry has a time (umoci and buildah fail without),
 * and as many entries stand for a layer as there are layers. A history that does not fit the layers says nothing we
 * could repair, so it is replaced by one entry for each layer.
 */
export function normaliseHistory(history: ImageConfig['history'], layers: number): HistoryEntry[] {
  const entries = (history ?? []).map(cleanEntry);
  if (entries.filter((entry) => entry.empty_layer !== true).length === layers) return entries;
  return Array.from({ length: layers }, () => ({ created: EPOCH, created_by: 'base image' }));
}

function cleanEntry(entry: Readonly<Record<string, unknown>>): HistoryEntry {
  const { created, created_by, author, comment, empty_layer } = entry;
  return {
    created:
      typeof created === 'string' && TIME.test(created) && !Number.isNaN(Date.parse(created))
        ? created
        : EPOCH,
    ...(typeof created_by === 'string' && { created_by }),
    ...(typeof author === 'string' && { author }),
    ...(typeof comment === 'string' && { comment }),
    ...(empty_layer === true && { empty_layer }),
  };
}
