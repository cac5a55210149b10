import { StowageError } from '../errors.ts';
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

  /** Undefined where the image is not named by its digest: what else its name points at by now may be anything. */
  async #named({ reference, record }: PreviousImage): Promise<Candidate | undefined> {
    const place = await this.#open(reference);
    if (place === undefined || !isDigest(place.tag)) return undefined;
    return { repository: place.target.name, image: place.tag, record };
  }

  async #locate({ repository, image, record }: Candidate): Promise<EarlierImage | undefined> {
    const { to } = this.#request;
    const opened = [to, ...this.#opened].find(({ target }) => target.name === repository);
    const place = opened ?? (await this.#open(`${repository}@${image}`));
    // The name of a layout whose directory has a colon in its own reads as another directory and a tag.
    if (place === undefined || place.target.name !== repository) return undefined;
    const { target, repository: neighbour } = place;
    const gives = place !== to && neighbour?.host === to.repository?.host;
    return { store: target, image, record, mountFrom: gives ? neighbour?.name : undefined };
  }

  /** Undefined where the reference is none: what was remembered wrongly keeps nobody from building. */
  async #open(reference: string): Promise<Place | undefined> {
    const { to, open } = this.#request;
    try {
      const place = await openPlace(reference, openForReading(reference, to, open));
      this.#opened.push(place);
      return place;
    } catch (error) {
      if (!(error instanceof StowageError)) throw error;
      return undefined;
    }
  }
}
