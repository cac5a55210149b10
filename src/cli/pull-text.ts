import type { PullReport } from '../pull/pull-report.ts';
import { visible } from '../telemetry/text.ts';
import { formatBytes, formatDuration, formatRate } from './terminal/format.ts';

/** What a pull did, for people. */
export function pullText({ image, directory, files, bytes, seconds }: PullReport): string {
  const same = files.filter(({ action }) => action === 'same').length;
  const written = files.length - same;
  const parts = [
    `${count(written)} written`,
    ...(same > 0 ? [`${count(same)} there already and the same (${formatBytes(bytes.same)})`] : []),
  ];
  const rate = bytes.received > 0 ? ` (${formatRate(bytes.received / Math.max(seconds, 0.001))})` : '';
  const resumed = bytes.resumed > 0 ? `, ${formatBytes(bytes.resumed)} kept from before` : '';
  return [
    `${parts.join(', ')}: ${visible(directory)}`,
    `received ${formatBytes(bytes.received)}${resumed} in ${formatDuration(seconds)}${rate}`,
    `image  ${visible(image)}`,
  ].join('\n');
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
