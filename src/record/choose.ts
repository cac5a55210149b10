import type { Digest } from '../oci/digest.ts';
import type { Pin } from './pins.ts';

/** An image that may have layers in common with the one to be built. */
export interface Candidate {
  /** The name of the target that it is in: `host[:port]/repository`, `oci:DIRECTORY`. */
  readonly repository: string;
  readonly image: Digest;
  /** The digest of its record, where somebody vouches for it. */
  readonly record?: Digest | undefined;
}

/** What there is to choose from. */
export interface Choice {
  /** Where the image will go. */
  readonly repository: string;
  /** Of the storage that it is built from. */
  readonly storage: string | undefined;
  /** The image that whoever asks for the build names. */
  readonly given: Candidate | undefined;
  /** The image that the tag has. */
  readonly tagged: Digest | undefined;
  /** The newest first. */
  readonly pins: readonly Pin[];
}

/**
 * The image to look for layers in: the first that has a record of this storage, since nothing of it need be read; else
 * the first at all, whose layers may be compared. In this order: the image that is named, the tag's, the last one built
 * from this storage for this repository, for another on the same registry (it gives its blobs away), and the last one
 * built for this repository. Pure.
 */
export function chooseEarlier(choice: Choice): Candidate | undefined {
  const { repository, storage, given, tagged, pins } = choice;
  const ofStorage = storage === undefined ? [] : pins.filter((pin) => pin.storage === storage);
  const candidates = [
    given,
    tagged === undefined ? undefined : { repository, image: tagged },
    ofStorage.find((pin) => pin.repository === repository),
    ofStorage.find((pin) => registryOf(pin.repository) === registryOf(repository)),
    pins.find((pin) => pin.repository === repository),
  ].flatMap((candidate) => candidate ?? []);
  const vouched = candidates.map((candidate) => withRecord(candidate, ofStorage, given));
  return vouched.find(({ record }) => record !== undefined) ?? vouched[0];
}

/** A pin of another storage names the record of another storage, which says nothing of this one. */
function withRecord(candidate: Candidate, pins: readonly Pin[], given: Candidate | undefined): Candidate {
  const { repository, image } = candidate;
  const pin = pins.find((each) => each.repository === repository && each.image === image);
  return { repository, image, record: (candidate === given ? given.record : undefined) ?? pin?.record };
}

/** `host[:port]`; of a layout, which has no neighbours, all of its name. */
function registryOf(repository: string): string {
  return repository.startsWith('oci:') ? repository : (repository.split('/', 1)[0] ?? repository);
}
