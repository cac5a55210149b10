/** Which layers of an image need not be read, because a record says what they are. Pure. */
import { fileListDigest, FILES_ANNOTATION, filePlaces, type ListedFile } from '../image/file-list.ts';
import { TITLE_ANNOTATION } from '../image/manifest.ts';
import type { PlannedLayer } from '../image/plan.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA, type Descriptor } from '../oci/manifest.ts';
import { headersHash, writtenIdentity } from './make.ts';
import type { DigestRecord, RecordedFile, RecordedLayer } from './record.ts';

/** How far a record is believed: `full` reads everything, `changed` what has another identity, `none` trusts path and size. */
export type VerifySource = 'full' | 'changed' | 'none';

/** A record that somebody vouched for, and the layers of the image that it is about, as its manifest has them. */
export interface Known {
  readonly record: DigestRecord;
  /** Of the record's bytes. */
  readonly digest: Digest;
  readonly layers: readonly Descriptor[];
}

/**
 * What a planned layer is without reading it: the recorded layer with the same headers, the same files and the same
 * encoding, where the image that the record is about has that very layer.
 * @param mediaType of the layer that is planned
 * @returns undefined where it must be read
 */
export function reusable(
  planned: PlannedLayer,
  mediaType: string,
  { record, layers }: Pick<Known, 'record' | 'layers'>,
  verify: Exclude<VerifySource, 'full'>,
): RecordedLayer | undefined {
  const layer = record.layers.find(({ title }) => title === planned.title);
  if (layer === undefined || layer.mediaType !== mediaType) return undefined;
  const same =
    layers.some((stored) => isOfImage(layer, stored)) &&
    isPossible(layer, planned) &&
    layer.headers === headersHash(planned) &&
    haveSameFiles(layer, planned) &&
    (verify === 'none' || haveSameIdentities(layer, planned));
  return same ? layer : undefined;
}

/**
 * Whether files of a planned layer were written to since they were recorded. One that was only copied, moved or given to
 * somebody else has kept the time of its last change.
 */
export function wasWritten({ title, members }: PlannedLayer, { layers }: DigestRecord): boolean {
  const recorded = layers.find((layer) => layer.title === title)?.files ?? [];
  const before = new Map(recorded.map(({ path, identity }) => [path, identity?.mtimeNs]));
  return members.some(({ file }) => {
    const mtimeNs = file && before.get(file.path);
    return mtimeNs !== undefined && mtimeNs !== String(file?.identity.mtimeNs);
  });
}

/** The recorded files, where all have a digest: then the layer's list of them is known. */
export function listedFiles({ files }: RecordedLayer): readonly ListedFile[] | undefined {
  const listed = files.flatMap(({ path, size, offset, digest }) =>
    digest === undefined ? [] : [{ path, size, offset, digest }],
  );
  return listed.length === files.length ? listed : undefined;
}

/** Layers of other images are none of ours, whoever says so; nor are files that the layer does not list. */
function isOfImage(layer: RecordedLayer, stored: Descriptor): boolean {
  return (
    stored.digest === layer.digest &&
    stored.size === layer.size &&
    stored.mediaType === layer.mediaType &&
    stored.annotations?.[TITLE_ANNOTATION] === layer.title &&
    stored.annotations[FILES_ANNOTATION] === listDigest(layer)
  );
}

function listDigest(layer: RecordedLayer): string | undefined {
  const listed = layer.files.length > 1 ? listedFiles(layer) : undefined;
  return listed && fileListDigest(listed);
}

/** What is not compressed has one digest and a size that is known beforehand. */
function isPossible(
  { mediaType, digest, diffId, size, files }: RecordedLayer,
  planned: PlannedLayer,
): boolean {
  if (files.length > 1 && files.some((file) => file.digest === undefined)) return false;
  return mediaType !== MEDIA.layer || (digest === diffId && size === planned.size);
}

function haveSameFiles({ files }: RecordedLayer, planned: PlannedLayer): boolean {
  const places = filePlaces(planned);
  return (
    files.length === places.length &&
    places.every(({ path, size, offset }, index) => {
      const file = files[index];
      return file?.path === path && file.size === size && file.offset === offset;
    })
  );
}

function haveSameIdentities({ files }: RecordedLayer, { members }: PlannedLayer): boolean {
  const now = members.flatMap(({ file }) => file ?? []);
  return now.every(({ identity }, index) => isSame(files[index], writtenIdentity(identity)));
}

function isSame(file: RecordedFile | undefined, now: ReturnType<typeof writtenIdentity>): boolean {
  const was = file?.identity;
  return was?.ino === now.ino && was.mtimeNs === now.mtimeNs && was.ctimeNs === now.ctimeNs;
}
