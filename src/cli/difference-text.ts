import type { Difference, DifferingFile } from '../pull/diff.ts';
import { visible } from '../telemetry/text.ts';
import { formatBytes } from './terminal/format.ts';
import { renderTable } from './terminal/table.ts';

/** Files that a person looks through. */
const MOST_FILES = 40;

/** What differs between two versions, for people. */
export function differenceText(found: Difference, { all }: { readonly all: boolean }): string {
  const rows = [
    ...found.removed.map((file) => ['removed', file.path, formatBytes(file.size)]),
    ...found.changed.map((file) => ['changed', file.path, changeOf(file)]),
    ...found.added.map((file) => ['added', file.path, formatBytes(file.size)]),
  ];
  const shown = all ? rows : rows.slice(0, MOST_FILES);
  const rest = rows.length - shown.length;
  return [
    `from  ${visible(found.from)}`,
    `to    ${visible(found.to)}`,
    '',
    ...(rows.length === 0 ? [] : [renderTable(['CHANGE', 'FILE', 'SIZE'], shown)]),
    ...(rest === 0 ? [] : [`… and ${rest} more; --all shows them`]),
    ...(rows.length === 0 ? [] : ['']),
    summary(found),
  ].join('\n');
}

function changeOf({ size, before = size }: DifferingFile): string {
  return size === before ? formatBytes(size) : `${formatBytes(before)} -> ${formatBytes(size)}`;
}

function summary({ same, added, removed, changed, unchanged, bytes }: Difference): string {
  const counts = same
    ? `no difference: ${unchanged.length} ${unchanged.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes.to)}`
    : `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged.length} unchanged`;
  return bytes.toSend === undefined
    ? counts
    : `${counts}; to send ${formatBytes(bytes.toSend)} of ${formatBytes(bytes.to)}`;
}
