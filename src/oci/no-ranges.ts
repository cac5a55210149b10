import { StowageError } from '../errors.ts';

/** A store was asked for a part of a blob and gives blobs from their beginning only. Reading from byte 0 works. */
export class NoRanges extends StowageError {
  /** `where` names the store. */
  constructor(where: string) {
    super('RegistryFailed', `${where} does not give ranges of its blobs`);
  }
}
