import { StowageError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { isTag } from '../oci/tag.ts';

/** The parts of `host[:port]/repository[:tag][@digest]`. */
export interface Reference {
  /** Host and, where given, port, in lower case: `registry.example.com`, `localhost:5000`, `[::1]:5000`. */
  readonly host: string;
  /** The path on that host: `team-a/bert`. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** Where a name without a host lives, as it does for docker and crane. */
export const DOCKER_HUB = 'index.docker.io';

/** Names that people and tools use for Docker Hub; only `index.docker.io` and `registry-1.docker.io` serve its API. */
const DOCKER_HUB_ALIASES: readonly string[] = ['docker.io', 'registry-1.docker.io', DOCKER_HUB];

/** Many clients refuse a host, slash and repository that are longer together (distribution-spec, "Pulling manifests"). */
const MAX_NAME_LENGTH = 255;
/** A name, a tag of 128 and a digest of 71 characters, with what stands between them. */
const MAX_REFERENCE_LENGTH = 512;

// The grammars are those of the distribution-spec, "Pulling manifests", anchored.
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST =
  /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]{1,5})?$/;

/**
 * Takes a reference to an image in a registry apart. The first part is a host when it has a dot or a colon or is
 * `localhost`; otherwise the name is one of Docker Hub, where a single word lies under `library/`.
 * @throws UsageInvalid which says what part cannot be right.
 */
export function parseReference(text: string): Reference {
  if (text.length > MAX_REFERENCE_LENGTH)
    throw invalid(text.slice(0, 80) + '…', `it has more than ${MAX_REFERENCE_LENGTH} characters`);
  const [named, digest] = splitDigest(text);
  const [name, tag] = splitTag(named);
  const { host, repository } = splitHost(name);
  if (!isHost(host)) throw invalid(text, `${JSON.stringify(host)} is not a host name with an optional port`);
  if (!REPOSITORY.test(repository))
    throw invalid(text, `the repository ${JSON.stringify(repository)} ${REPOSITORY_RULE}`);
  if (host.length + 1 + repository.length > MAX_NAME_LENGTH) {
    throw invalid(text, `host and repository have more than ${MAX_NAME_LENGTH} characters together`);
  }
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `the tag ${JSON.stringify(tag)} ${TAG_RULE}`);
  return {
    host: host.toLowerCase(),
    repository,
    tag,
    digest: digest === undefined ? undefined : checkedDigest(text, digest),
  };
}

const REPOSITORY_RULE =
  'must be lower-case letters and digits, in parts joined by "/", ".", "_", "__" or "-"';
const TAG_RULE = 'must be at most 128 letters, digits, "_", "." and "-", and may not begin with "." or "-"';

function splitDigest(text: string): [name: string, digest: string | undefined] {
  const at = text.indexOf('@');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** A colon after the last slash begins a tag; one before it belongs to the host's port. */
function splitTag(text: string): [name: string, tag: string | undefined] {
  const colon = text.indexOf(':', text.lastIndexOf('/') + 1);
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function splitHost(name: string): { host: string; repository: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash < 0 || !/[.:]|^localhost$/i.test(first))
    return { host: DOCKER_HUB, repository: onDockerHub(name) };
  const rest = name.slice(slash + 1);
  return DOCKER_HUB_ALIASES.includes(first.toLowerCase())
    ? { host: DOCKER_HUB, repository: onDockerHub(rest) }
    : { host: first, repository: rest };
}

function onDockerHub(repository: string): string {
  return repository.includes('/') ? repository : `library/${repository}`;
}

/** The URL parser has the last word: it refuses what looks like a host but is none, such as `1.2.3` or port 70000. */
function isHost(host: string): boolean {
  return HOST.test(host) && URL.canParse(`https://${host}`);
}

function checkedDigest(text: string, digest: string): Digest {
  if (isDigest(digest)) return digest;
  throw invalid(text, `${JSON.stringify(digest)} is not a sha256 digest`);
}

function invalid(text: string, why: string): StowageError {
  return new StowageError('UsageInvalid', `${JSON.stringify(text)} is not an image reference: ${why}`, {
    hint: 'write it like registry.example.com/team/model:v1',
  });
}
