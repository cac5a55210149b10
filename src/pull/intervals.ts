/** Which bytes are there, as stretches that neither overlap nor touch, in order. */

export interface Interval {
  readonly from: number;
  /** The first byte that is no part of it. */
  readonly to: number;
}

export class Intervals {
  #all: Interval[] = [];

  add(from: number, to: number): void {
    if (to <= from) return;
    const apart = this.#all.filter((each) => each.to < from || each.from > to);
    const met = this.#all.filter((each) => each.to >= from && each.from <= to);
    const start = Math.min(from, ...met.map((each) => each.from));
    const end = Math.max(to, ...met.map((each) => each.to));
    this.#all = [...apart, { from: start, to: end }].sort((a, b) => a.from - b.from);
  }

  clear(): void {
    this.#all = [];
  }

  /** Where the stretch that holds this byte ends; the byte itself where none does. */
  endFrom(position: number): number {
    return this.#all.find(({ from, to }) => from <= position && position < to)?.to ?? position;
  }

  get bytes(): number {
    return this.#all.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** What is not there of the first `length` bytes, in stretches of at most `most`. */
  missing(length: number, most: number): Interval[] {
    const gaps: Interval[] = [];
    let position = 0;
    for (const { from, to } of [...this.#all, { from: length, to: length }]) {
      while (position < from) {
        const end = Math.min(from, position + most);
        gaps.push({ from: position, to: end });
        position = end;
      }
      position = Math.max(position, to);
    }
    return gaps;
  }
}
