import { createHash } from 'node:crypto';
import type { FileIdentity } from '../artifact/artifact.ts';
import { canonicalJson } from '../image/document.ts';
import { filePlaces } from '../image/file-list.ts';
import type { PlannedLayer } from '../image/plan.ts';
import { tarHeader } from '../image/tar.ts';
import type { BlobResult } from '../oci/blob.ts';
import type { DigestRecord, RecordedFile, RecordedLayer } from './record.ts';

/**
 * A file that was touched this shortly before it was looked at may be written to once more without its times showing it.
 * Above all where a program has mapped it: the kernel moves its times at the first store into a page, and at no other
 * until the page has been written back. Linux does that after 30 s (vm.dirty_expire_centisecs), and looks for such pages
 * every 5 s (vm.dirty_writeback_centisecs). The ticks that file systems count in, of up to two seconds, are less.
 */
const SETTLED_NS = 35_000_000_000n;

/** The annotation of a record's manifest that says which storage it is about: of one image there may be a record for each. */
export const STORAGE_ANNOTATION = 'model.kubedl.io/storage';

/** A layer that was read, as it was stored. */
export interface ReadLayer {
  readonly planned: PlannedLayer;
  readonly mediaType: string;
  readonly stored: BlobResult;
}

/** @param scannedAt when the scan began, in milliseconds since 1970 */
export function recordedLayer({ planned, mediaType, stored }: ReadLayer, scannedAt: number): RecordedLayer {
  const files = planned.members.flatMap(({ file }) => file ?? []);
  const places = filePlaces(planned);
  const recorded = files.map((file, index): RecordedFile => {
    const digest = stored.files?.get(file.path);
    const { path, size, offset } = places[index] ?? { path: file.path, size: file.size, offset: 0 };
    return {
      ...{ path, size, offset },
      ...(digest === undefined ? {} : { digest }),
      ...(isSettled(file.identity, scannedAt) ? { identity: writtenIdentity(file.identity) } : {}),
    };
  });
  const { digest, diffId, size } = stored;
  const { title } = planned;
  return { title, mediaType, digest, diffId, size, headers: headersHash(planned), files: recorded };
}

/** The bytes of a record: the same builds of the same files make the same. */
export function recordBytes(record: DigestRecord): Buffer {
  return canonicalJson(record);
}

/** A storage's identity, as a record has it. It is hashed since a registry is read by more people than a file server's name. */
export function storageHash(identity: string): string {
  return createHash('sha256').update(identity).digest('hex');
}

/** sha256 over the bytes of all tar headers of a layer. */
export function headersHash({ members }: PlannedLayer): string {
  const hash = createHash('sha256');
  for (const { entry } of members) hash.update(tarHeader(entry));
  return hash.digest('hex');
}

/** The device is left out: on network storage it is another after each mount. Which storage it is, the record says. */
export function writtenIdentity({ mtimeNs, ctimeNs, ino }: FileIdentity): {
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly ino: string;
} {
  return { mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), ino: String(ino) };
}

function isSettled({ mtimeNs, ctimeNs }: FileIdentity, scannedAt: number): boolean {
  const settled = BigInt(Math.floor(scannedAt)) * 1_000_000n - SETTLED_NS;
  return mtimeNs <= settled && ctimeNs <= settled;
}
