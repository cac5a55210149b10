import type { ArtifactFile } from '../../src/artifact/artifact.ts';
import { layerDescriptor } from '../../src/image/manifest.ts';
import { planLayers, type PlannedLayer } from '../../src/image/plan.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA, type Descriptor } from '../../src/oci/manifest.ts';
import { imageLayer } from '../../src/pack/recorded-layers.ts';
import { recordedLayer } from '../../src/record/make.ts';
import type { DigestRecord, RecordedLayer } from '../../src/record/record.ts';

/** Milliseconds. */
export const SCANNED_AT = 1_800_000_000_000;
const STORAGE = 'a'.repeat(64);

export function file(path: string, size = 3, identity: Partial<ArtifactFile['identity']> = {}): ArtifactFile {
  const at = 1_700_000_000_000_000_001n;
  return {
    ...{ path, size, location: `/model/${path}`, format: 'other' },
    identity: { dev: 1n, ino: BigInt(path.length), mtimeNs: at, ctimeNs: at + 1n, ...identity },
  };
}

/** The layers of these files, with those of them that have 1000 bytes or more for themselves. */
export function plan(...files: ArtifactFile[]): PlannedLayer[] {
  return planLayers({ files, emptyDirectories: [] }, { largeFile: 1000, bundle: 10_000, maxLayers: 127 });
}

/** What a build would have recorded of a layer. */
export function recordOf(planned: PlannedLayer, mediaType: string = MEDIA.layer): RecordedLayer {
  const content = (text: string): Digest => digestOf(`${planned.title} ${text}`);
  const paths = planned.members.flatMap(({ file }) => file?.path ?? []);
  const files = new Map(paths.map((path) => [path, content(path)]));
  const plain = mediaType === MEDIA.layer;
  const stored = {
    digest: content(plain ? 'tar' : 'zstd'),
    diffId: content('tar'),
    size: plain ? planned.size : 77,
    ...(files.size > 1 ? { files } : {}),
  };
  return recordedLayer({ planned, mediaType, stored }, SCANNED_AT);
}

export function recordWith(layers: readonly RecordedLayer[]): DigestRecord {
  return { version: 1, storage: STORAGE, layers: [...layers] };
}

/** The layers of the image that a record is about, as its manifest has them. */
export function manifestOf(layers: readonly RecordedLayer[]): Descriptor[] {
  return layers.map((layer) => layerDescriptor(imageLayer(layer)));
}
