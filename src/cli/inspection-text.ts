import type { Inspection } from '../pull/inspect.ts';
import { visible } from '../telemetry/text.ts';
import { facts } from './description.ts';
import { fields, sections, titled } from './sections.ts';
import { formatBytes } from './terminal/format.ts';
import { renderTable } from './terminal/table.ts';

/** Files that a person looks through. */
const MOST_FILES = 40;
/** `sha256:` and as many digits as tell layers apart. */
const SHORT_DIGEST = 19;

/** What is in an image, for people. */
export function inspectionText(found: Inspection, { all }: { readonly all: boolean }): string {
  return sections([
    fields([
      ['Image', found.image],
      ['Size', formatBytes(found.size)],
      ['Platform', platformText(found)],
      ['Base', found.base?.name ?? found.base?.digest],
    ]),
    fields(facts(found.model)),
    titled('Layers', layerTable(found)),
    titled(`Files (${found.files.length}, ${formatBytes(sizeOf(found.files))})`, fileTable(found, all)),
    titled('Besides', othersText(found, all)),
  ]);
}

function platformText({ platform, platforms }: Inspection): string {
  return platforms.length > 1 ? `${platform} (of ${platforms.join(', ')})` : platform;
}

function layerTable({ layers }: Inspection): string {
  const rows = layers.map(({ title, digest, size, files, mediaType }) => [
    title ?? (files === undefined ? '(base)' : '–'),
    formatBytes(size),
    files === undefined ? '–' : String(files),
    compressionOf(mediaType),
    digest,
  ]);
  return renderTable(['LAYER', 'SIZE', 'FILES', 'FORMAT', 'DIGEST'], rows);
}

/** `tar`, `tar+gzip`: the end of a media type. */
function compressionOf(mediaType: string): string {
  return mediaType.replace(/^.*[./]tar/, 'tar').slice(0, 20);
}

function fileTable({ files }: Inspection, all: boolean): string {
  if (files.length === 0) return '';
  const shown = all ? files : files.slice(0, MOST_FILES);
  const rows = shown.map(({ path, size, format, layer }) => [
    path,
    formatBytes(size),
    format === 'other' ? '' : format,
    layer.slice(0, SHORT_DIGEST),
  ]);
  return `${renderTable(['FILE', 'SIZE', 'FORMAT', 'LAYER'], rows)}${more(files.length - shown.length, 'files')}`;
}

function othersText({ others }: Inspection, all: boolean): string {
  const shown = all ? others : others.slice(0, MOST_FILES);
  const lines = shown.map(({ path, kind, link }) =>
    visible(link === undefined ? `${path} (${kind})` : `${path} -> ${link} (${kind})`),
  );
  return lines.length === 0 ? '' : lines.join('\n') + more(others.length - shown.length, 'more');
}

function more(count: number, what: string): string {
  return count === 0 ? '' : `\n… and ${count} ${what}; --all shows them`;
}

function sizeOf(files: Inspection['files']): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
