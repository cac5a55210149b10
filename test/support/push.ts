import { MEDIA } from '../../src/oci/manifest.ts';
import type { Target } from '../../src/oci/target.ts';
import { blobSource, type WatchedSource } from './blob-sources.ts';

/** Pushes an image of one layer and an empty config under the tag `v1`. */
export async function pushImage(target: Target, source: WatchedSource, signal: AbortSignal): Promise<void> {
  const layer = await target.writeBlob(source, { signal });
  const config = await target.writeBlob(blobSource(Buffer.from('{}'), { name: 'config' }), { signal });
  const manifest = {
    schemaVersion: 2,
    config: { mediaType: MEDIA.config, digest: config.digest, size: config.size },
    layers: [{ mediaType: MEDIA.layer, digest: layer.digest, size: layer.size }],
  };
  await target.writeManifest(MEDIA.manifest, Buffer.from(JSON.stringify(manifest)), { tag: 'v1', signal });
}
