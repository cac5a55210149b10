/** Members of an image's layers. The largest images of today have some hundred thousand files in all. */
const MAX_MEMBERS = 500_000;
/** Bytes of their paths and of where links lead: a hundred for each of the most members. */
const MAX_PATH_BYTES = 64 * 1024 ** 2;
/** Bytes that are kept of layers besides contents; with more, contents cannot be compared without being fetched. */
const MAX_FRAME_BYTES = 64 * 1024 ** 2;
/** What a piece of a frame takes besides its bytes. */
const PIECE_BYTES = 256;

/** What the lists of an image's layers may take of the memory, in all: an image chooses how many layers it has. */
export class ListingBudget {
  #members = MAX_MEMBERS;
  #pathBytes = MAX_PATH_BYTES;
  #frameBytes = MAX_FRAME_BYTES;

  /** @param bytes of its path and link @throws SyntaxError with the end of a sentence that begins with "it" */
  takeMember(bytes: number): void {
    this.#members -= 1;
    this.#pathBytes -= bytes;
    if (this.#members < 0) throw new SyntaxError(`has, with the others, more than ${MAX_MEMBERS} members`);
    if (this.#pathBytes < 0)
      throw new SyntaxError(`has, with the others, more than ${MAX_PATH_BYTES} bytes of paths`);
  }

  /** @returns whether a piece of a frame may be kept */
  takePiece(bytes: number): boolean {
    if (this.#frameBytes < bytes + PIECE_BYTES) return false;
    this.#frameBytes -= bytes + PIECE_BYTES;
    return true;
  }

  givePiece(bytes: number): void {
    this.#frameBytes += bytes + PIECE_BYTES;
  }
}
