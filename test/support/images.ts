import { createHash } from 'node:crypto';
import { tarHeader, tarPadding, type TarEntry } from '../../src/image/tar.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import type { Target } from '../../src/oci/target.ts';
import { documentSource } from '../../src/pack/stored-blobs.ts';

const NEVER = new AbortController().signal;

export interface TestLayer {
  readonly bytes: Uint8Array;
  /** Default: an uncompressed tar. */
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the manifest says of it, where that is to be wrong. */
  readonly claims?: { readonly digest?: Digest; readonly size?: number };
}

/** A file, or any member that `tarHeader` writes. */
export type TestMember =
  readonly [path: string, content: string | Uint8Array] | TarEntry | { readonly raw: Uint8Array };

/** A tar of these members, in this order. */
export function tarOf(...members: readonly TestMember[]): Buffer {
  return Buffer.concat([...members.map(memberBytes), Buffer.alloc(1024)]);
}

function memberBytes(member: TestMember): Buffer {
  if ('raw' in member) return Buffer.from(member.raw);
  if ('type' in member) return tarHeader(member);
  const content = Buffer.from(member[1] as Uint8Array);
  const header = tarHeader({ type: 'file', path: member[0], size: content.length });
  return Buffer.concat([header, content, Buffer.alloc(tarPadding(content.length))]);
}

/** A header block with other fields than ours ever has, its checksum right. */
export function rawHeader(fields: {
  readonly name: string | Uint8Array;
  readonly type: string;
  readonly size?: number | Uint8Array;
  readonly link?: string;
  readonly magic?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  block.set(Buffer.from(fields.name as string).subarray(0, 100), 0);
  block.write('0000644\0', 100);
  if (typeof fields.size === 'object') block.set(fields.size, 124);
  else block.write(`${(fields.size ?? 0).toString(8).padStart(11, '0')}\0`, 124);
  block.write(fields.type, 156);
  block.write(fields.link ?? '', 157);
  block.write(fields.magic ?? 'ustar\x0000', 257, 'latin1');
  return withChecksum(block);
}

export function withChecksum(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A header that is about the next member, with its content. */
export function metaHeader(type: string, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  return Buffer.concat([
    rawHeader({ name: 'meta', type, size: bytes.length }),
    bytes,
    Buffer.alloc(tarPadding(bytes.length)),
  ]);
}

/** Puts an image of these layers under a tag. @returns the digest of its manifest */
export async function putImage(
  target: Target,
  layers: readonly TestLayer[],
  { tag = 'v1', annotations = {}, labels = {} } = {},
): Promise<Digest> {
  const stored = [];
  for (const { bytes, mediaType = MEDIA.layer, annotations: own, claims } of layers) {
    const { digest, size } = await target.writeBlob(documentSource('layer', bytes), { signal: NEVER });
    stored.push({ mediaType, digest, size, ...claims, ...(own && { annotations: own }) });
  }
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: layers.map(({ bytes }) => sha256(bytes)) },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  const blob = await target.writeBlob(documentSource('config', configBytes), { signal: NEVER });
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: blob.digest, size: configBytes.length },
    layers: stored,
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return (await target.writeManifest(MEDIA.manifest, bytes, { tag, signal: NEVER })).digest;
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
