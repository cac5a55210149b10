import { isDigest, type Digest } from '../oci/digest.ts';
import { chooseEarlier, type Candidate } from '../record/choose.ts';
import { storageHash } from '../record/make.ts';
import type { PreviousImage, RecordPins } from '../record/pins.ts';
import type { EarlierImage } from './earlier.ts';
import { openForReading, openPlace, type OpenOptions, type Place } from './open-target.ts';

export interface Finding {
  readonly to: Place;
  readonly storage: string | undefined;
  readonly previous: PreviousImage | undefined;
  readonly pins: RecordPins | undefined;
  readonly open: OpenOptions;
}

/** Finds the image to look for layers in, and opens the place where it is. */
export class EarlierFinder {
  readonly #request: Finding;
  readonly #opened: Place[] = [];

  constructor(request: Finding) {
    this.#request = request;
  }

  /** @param tagged what the tag points at */
  async find(tagged: Digest | undefined): Promise<EarlierImage | undefined> {
    const { to, storage, previous, pins } = this.#request;
    const chosen = chooseEarlier({
      repository: to.target.name,
      storage: storage === undefined ? undefined : storageHash(storage),
      given: previous === undefined ? undefined : await this.#named(previous),
      tagged,
      pins: (await pins?.list()) ?? [],
    });
    return chosen && this.#locate(chosen);
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map(({ target }) => target.close()));
  }

  /**
   * Undefined where the image is not named by its digest: what else its name points at by now may be anything. Nor does
   * a name that is none keep anybody from building.
   */
  async #named({ reference, record }: PreviousImage): Promise<Candidate | undefined> {
    const place = await this.#open(reference).catch(() => undefined);
    if (place === undefined) return undefined;
    const { target, tag } = place;
    return isDigest(tag) ? { repository: target.name, image: tag, record } : undefined;
  }

  async #locate({ repository, image, record }: Candidate): Promise<EarlierImage> {
    const { to } = this.#request;
    if (repository === to.target.name) return { store: to.target, image, record, mountFrom: undefined };
    const place = await this.#open(`${repository}@${image}`);
    const sameHost = place.repository !== undefined && place.repository.host === to.repository?.host;
    const mountFrom = sameHost ? place.repository.name : undefined;
    return { store: place.target, image, record, mountFrom };
  }

  async #open(reference: string): Promise<Place> {
    const { to, open } = this.#request;
    const place = await openPlace(reference, openForReading(reference, to, open));
    this.#opened.push(place);
    return place;
  }
}
