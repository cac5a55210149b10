/** Documents about images: by the registry's own list of them, or by a tag that stands in for it. */
import { StowageError } from '../errors.ts';
import { digestOf, hexOf, type Digest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, MEDIA, parseIndex, type Descriptor, type Index } from '../oci/manifest.ts';
import type { Referrer } from '../oci/target.ts';
import { discard, readAtMost, type Answer } from './answer.ts';
import { putManifest, readManifest } from './manifests.ts';
import type { Repository } from './repository.ts';

/** Not found, or no such request: a registry of before version 1.1 of the specification. */
const NO_LIST: readonly number[] = [400, 404, 405, 501];

/** A page has dozens to thousands of entries; who has more than so many pages about one image means no good. */
const MAX_PAGES = 20;

/**
 * The manifests about an image that say they are of this type (distribution-spec, "Listing Referrers"). Where the
 * registry lists none, the tag that stands in for its list is read.
 */
export async function listReferrers(
  repository: Repository,
  subject: Digest,
  artifactType: string,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const ours = (entries: readonly Descriptor[]): Descriptor[] =>
    entries.filter((entry) => entry['artifactType'] === artifactType);
  const listed = ours(await listOf(repository, subject, signal));
  // go-containerregistry's registry, for one, keeps a list and does not say of what type its entries are.
  return listed.length > 0 ? listed : ours((await tagged(repository, subject, signal)).manifests);
}

/** The whole list, with all types: a filter in the query may be ignored. Empty where there is none. */
async function listOf(repository: Repository, subject: Digest, signal: AbortSignal): Promise<Descriptor[]> {
  const listed: Descriptor[] = [];
  let url: URL | undefined = repository.url(`referrers/${subject}`);
  for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
    const found = await pageOf(repository, { url, subject }, signal);
    listed.push(...(found?.index.manifests ?? []));
    url = found?.next;
  }
  return listed;
}

interface Page {
  readonly index: Index;
  readonly next: URL | undefined;
}

function pageOf(
  repository: Repository,
  { url, subject }: { readonly url: URL; readonly subject: Digest },
  signal: AbortSignal,
): Promise<Page | undefined> {
  const what = `the list of what is about ${repository.name}@${subject}`;
  return repository.retrying(signal, async () => {
    const answer = await repository.send({ method: 'GET', url, headers: { accept: MEDIA.index }, signal });
    if (NO_LIST.includes(answer.status)) {
      await discard(answer);
      return undefined;
    }
    if (answer.status !== 200) throw await repository.refusal(answer, `give ${what}`);
    const index = parseIndex(await readAtMost(answer, MAX_MANIFEST_BYTES, what), what);
    return { index, next: nextPage(repository, answer) };
  });
}

/** Where the list goes on (distribution-spec, "Listing Referrers"; RFC 8288): nowhere but at the registry itself. */
function nextPage(repository: Repository, answer: Answer): URL | undefined {
  const [, target] = /<([^<>]{1,2048})>\s*;\s*rel="?next"?/i.exec(answer.header('link') ?? '') ?? [];
  const url = target === undefined ? null : URL.parse(target, answer.url.href);
  return url !== null && repository.owns(url) ? url : undefined;
}

/** What stands in for the list where the registry keeps none (distribution-spec, "Referrers Tag Schema"). */
function tagOf(subject: Digest): string {
  return `sha256-${hexOf(subject)}`;
}

/** @throws RegistryFailed where the tag holds something else */
async function tagged(repository: Repository, subject: Digest, signal: AbortSignal): Promise<Index> {
  const tag = tagOf(subject);
  const stored = await readManifest(repository, tag, signal);
  if (stored === undefined) return { schemaVersion: 2, mediaType: MEDIA.index, manifests: [] };
  return parseIndex(stored.bytes, `the index ${repository.name}:${tag}`);
}

/**
 * Stores a manifest about an image. A registry that says nothing of the subject in its answer keeps no list: then the
 * tag that stands in for it is read, changed and written. Where two do that at once one entry may be lost; whoever looks
 * for it does without.
 */
export async function writeReferrer(
  repository: Repository,
  referrer: Referrer,
  signal: AbortSignal,
): Promise<Descriptor> {
  const { bytes, subject, artifactType, annotations } = referrer;
  const { descriptor, answer } = await putManifest(repository, MEDIA.manifest, bytes, { signal });
  if (answer.header('oci-subject') !== undefined) return descriptor;
  const own = { ...descriptor, artifactType, annotations: { ...annotations } };
  const before = await tagged(repository, subject, signal);
  if (before.manifests.some(({ digest }) => digest === own.digest)) return descriptor;
  const others = before.manifests.filter((entry) => !takesPlaceOf(own, entry));
  const after = Buffer.from(JSON.stringify({ ...before, manifests: [...others, own] }));
  await putManifest(repository, MEDIA.index, after, { tag: tagOf(subject), signal });
  return descriptor;
}

/** Of the same type and with the same annotations: it says the same, of now. What others wrote stays. */
function takesPlaceOf(own: Descriptor, entry: Descriptor): boolean {
  const theirs = Object.entries(entry.annotations ?? {});
  return (
    entry['artifactType'] === own['artifactType'] &&
    theirs.length === Object.keys(own.annotations ?? {}).length &&
    theirs.every(([name, value]) => own.annotations?.[name] === value)
  );
}

/** A blob of which only the digest is known. */
export function readSmallBlob(
  repository: Repository,
  digest: Digest,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const what = `the blob ${digest} of ${repository.name}`;
  return repository.retrying(signal, async () => {
    const url = repository.url(`blobs/${digest}`);
    const answer = await repository.send({ method: 'GET', url, signal });
    if (answer.status === 404) {
      await discard(answer);
      return undefined;
    }
    if (answer.status !== 200) throw await repository.refusal(answer, `give ${what}`);
    const bytes = await readAtMost(answer, limit, what);
    if (digestOf(bytes) === digest) return bytes;
    throw new StowageError('RegistryCorrupt', `the registry holds other bytes under ${what}`);
  });
}
