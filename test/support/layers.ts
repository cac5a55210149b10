import { statSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ArtifactFile } from '../../src/artifact/artifact.ts';
import { planLayers, type PlannedLayer } from '../../src/image/plan.ts';
import type { SourceReading } from '../../src/pack/source-reading.ts';
import { ReadPace } from '../../src/pack/read-pace.ts';

/** Writes a file, with its directories, and gives it as the scan would. */
export function artifactFile(root: string, path: string, content: string | Uint8Array): ArtifactFile {
  const location = join(root, path);
  mkdirSync(dirname(location), { recursive: true });
  writeFileSync(location, content);
  const { size, dev, ino, mtimeNs, ctimeNs } = statSync(location, { bigint: true });
  return { path, location, size: Number(size), identity: { dev, ino, mtimeNs, ctimeNs }, format: 'other' };
}

/** The first layer that is planned for the files. */
export function layerOf(...files: ArtifactFile[]): PlannedLayer {
  const [layer] = planLayers({ files, emptyDirectories: [] });
  if (layer === undefined) throw new Error('no layer was planned');
  return layer;
}

/** A pace that has found the storage to be slow. */
export function slowPace(): ReadPace {
  const pace = new ReadPace();
  for (let i = 0; i < 20; i += 1) pace.measured(1024 * 1024, 1e9);
  return pace;
}

export function reading(pace = new ReadPace()): SourceReading & { bytes: number } {
  const counted = { pace, bytes: 0, onRead: (bytes: number) => void (counted.bytes += bytes) };
  return counted;
}

/** All bytes of a stream, and how many chunks they came in. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; chunks: number }> {
  const copies: Buffer[] = [];
  for await (const chunk of stream) copies.push(Buffer.from(chunk));
  return { bytes: Buffer.concat(copies), chunks: copies.length };
}
