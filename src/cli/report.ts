import type { Report } from '../pack/report.ts';
import { visible } from '../telemetry/text.ts';
import { type OutputFormat, printDocument } from './output.ts';
import { formatBytes, formatDuration, formatRate } from './terminal/format.ts';
import { renderTable } from './terminal/table.ts';

/** A report for people: the layers, the sums, the image. Or as a document. */
export async function printReport(report: Report, format: OutputFormat | undefined): Promise<void> {
  if (format !== undefined) await printDocument(report, format);
  else process.stdout.write(`${reportText(report)}\n`);
}

export function reportText(report: Report): string {
  const { bytes, seconds } = report;
  return [
    layerTable(report),
    '',
    `read ${formatBytes(bytes.read)}, sent ${formatBytes(bytes.sent)}, reused ${formatBytes(bytes.reused)}` +
      ` in ${formatDuration(seconds)} (${formatRate(bytes.read / Math.max(seconds, 0.001))})`,
    `image  ${visible(report.image)}`,
  ].join('\n');
}

export function layerTable(report: Pick<Report, 'layers'>): string {
  const rows = report.layers.map((layer) => [
    layer.title,
    formatBytes(layer.size),
    String(layer.files),
    layer.action,
    layer.digest,
  ]);
  return renderTable(['LAYER', 'SIZE', 'FILES', 'ACTION', 'DIGEST'], rows);
}
