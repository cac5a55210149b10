import type { ProgressLayer } from '../telemetry/progress.ts';
import type { Interval } from './intervals.ts';
import type { PartFile } from './part-file.ts';
import type { Part } from './part.ts';

/** A part on its way. */
export class PartTask {
  readonly part: Part;
  readonly shown: ProgressLayer;
  file: PartFile | undefined;
  /** Ranges that nobody has begun. */
  ranges: Interval[] = [];
  /** Connections that fetch for it. */
  active = 0;
  opening: Promise<void> | undefined;
  opened = false;
  triedAgain = false;

  constructor(part: Part, index: number) {
    this.part = part;
    this.shown = { index, title: part.title, size: part.length };
  }

  get isWaiting(): boolean {
    return !this.opened || this.ranges.length > 0;
  }
}
