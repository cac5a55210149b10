import { paintFor } from './colour.ts';
import { LiveRegion } from './live-region.ts';
import { type Canvas, doneLine, frame, type Layout, layoutFor, stoppedLine } from './progress-frame.ts';
import { Tally } from './progress-tally.ts';
import type { Progress, ProgressLayer } from './progress.ts';
import { visible, widthOf } from './text.ts';

/** Ten pictures a second look like motion; more cost time that the upload could use. */
const REDRAW_MS = 100;

/**
 * Bars for a terminal: one line for the whole work and one for each layer on its way, redrawn in place; finished layers
 * and warnings scroll away above. Nothing but the last lines of the terminal is touched. Own code, because what is
 * asked for (cut to the width, wide characters, resizing, a part that scrolls) is more than cli-progress does, and
 * log-update brings sixteen packages for what live-region.ts does.
 */
export function progressBars(stream: NodeJS.WriteStream): Progress {
  return new Bars(stream);
}

class Bars implements Progress {
  readonly #paint;
  readonly #region: LiveRegion;
  readonly #tally = new Tally(performance.now());
  #above: string[] = [];
  #longestTitle = 0;
  #timer: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#paint = paintFor(stream);
    this.#region = new LiveRegion(stream);
  }

  planned(work: { layers: number; bytes: number }): void {
    this.#tally.planned(work);
    if (this.#finished || this.#timer !== undefined || work.layers === 0) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  layerStarted(layer: ProgressLayer): void {
    this.#longestTitle = Math.max(this.#longestTitle, widthOf(visible(layer.title)));
    this.#tally.started(layer, performance.now());
  }

  layerBytes(layer: ProgressLayer, bytes: number): void {
    this.#tally.moved(layer, bytes, performance.now());
  }

  layerDone(layer: ProgressLayer, action: string): void {
    this.#tally.done(layer);
    this.#above.push(doneLine(layer, action, this.#layout(), this.#canvas()));
  }

  warning(text: string): void {
    this.#above.push(`${this.#paint('yellow', 'warning:')} ${visible(text)}`);
    // Before the work is known there is nothing to redraw, and after it nothing more will be.
    if (this.#timer === undefined) this.#flush();
  }

  finished(): void {
    if (this.#finished) return;
    this.#finished = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const total = this.#tally.total(performance.now());
    if (total.layersDone < total.layers) this.#above.push(stoppedLine(total));
    this.#flush();
  }

  #flush(): void {
    this.#region.close(this.#above);
    this.#above = [];
  }

  #draw(): void {
    const now = performance.now();
    const lines = frame(this.#tally.total(now), this.#tally.flights(now), this.#layout(), this.#canvas());
    this.#region.draw(this.#above, lines);
    this.#above = [];
  }

  /** The last column stays free: a terminal that has one wider character than Unicode says does not break the line. */
  #canvas(): Canvas {
    const { columns, rows } = this.#region.size;
    return { columns: columns - 1, rows: rows - 1, paint: this.#paint };
  }

  #layout(): Layout {
    return layoutFor(this.#canvas().columns, this.#longestTitle);
  }
}
