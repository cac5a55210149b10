import type { ProgressLayer } from './progress.ts';
import { RateMeter, secondsLeft } from './rate.ts';

/**
 * More bytes than this in one call did not move: they are a layer that the target had. They count as done,
 * not as speed. (Readers and writers use buffers of at most 1 MiB.)
 */
const LARGEST_MOVE = 4 * 1024 * 1024;

/** Where the whole work stands. Times are seconds. */
export interface Total {
  readonly layers: number;
  readonly layersDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  /** 0 to 1; 1 only when every layer is done. */
  readonly fraction: number;
  /** Moving average; undefined at the very start. */
  readonly bytesPerSecond: number | undefined;
  /** undefined where nobody can say. */
  readonly secondsLeft: number | undefined;
  readonly seconds: number;
}

/** Where one layer stands that is on its way. */
export interface Flight {
  readonly layer: ProgressLayer;
  /** 0 to 1. */
  readonly fraction: number;
  readonly bytesPerSecond: number | undefined;
}

interface Moving {
  readonly layer: ProgressLayer;
  readonly meter: RateMeter;
  bytes: number;
}

/** Adds up what a build reports, for those who show it. Times are milliseconds of a clock that only goes forward. */
export class Tally {
  readonly #started: number;
  readonly #meter: RateMeter;
  readonly #moving = new Map<number, Moving>();
  #layers = 0;
  #bytes = 0;
  #layersDone = 0;
  #bytesDone = 0;

  constructor(now: number) {
    this.#started = now;
    this.#meter = new RateMeter(now);
  }

  planned(work: { layers: number; bytes: number }): void {
    this.#layers = work.layers;
    this.#bytes = work.bytes;
  }

  started(layer: ProgressLayer, now: number): void {
    this.#moving.set(layer.index, { layer, meter: new RateMeter(now), bytes: 0 });
  }

  moved(layer: ProgressLayer, bytes: number, now: number): void {
    const moving = this.#moving.get(layer.index);
    if (moving === undefined) return;
    moving.bytes = Math.max(0, moving.bytes + bytes);
    if (bytes <= 0 || bytes > LARGEST_MOVE) return;
    moving.meter.add(bytes, now);
    this.#meter.add(bytes, now);
  }

  /** The layer counts with its planned size, whatever was handed over: compression makes fewer bytes of it. */
  done(layer: ProgressLayer): void {
    this.#moving.delete(layer.index);
    this.#layersDone += 1;
    this.#bytesDone += layer.size;
  }

  total(now: number): Total {
    const onTheWay = [...this.#moving.values()].reduce(
      (sum, { layer, bytes }) => sum + Math.min(bytes, layer.size),
      0,
    );
    const bytesDone = Math.min(this.#bytes, this.#bytesDone + onTheWay);
    const bytesPerSecond = this.#meter.perSecond(now);
    return {
      layers: this.#layers,
      layersDone: this.#layersDone,
      bytes: this.#bytes,
      bytesDone,
      fraction: this.#fraction(bytesDone),
      bytesPerSecond,
      secondsLeft: secondsLeft(this.#bytes - bytesDone, bytesPerSecond),
      seconds: (now - this.#started) / 1000,
    };
  }

  /** In the order of the image. */
  flights(now: number): Flight[] {
    return [...this.#moving.values()]
      .sort((a, b) => a.layer.index - b.layer.index)
      .map(({ layer, meter, bytes }) => ({
        layer,
        fraction: layer.size === 0 ? 0 : Math.min(1, bytes / layer.size),
        bytesPerSecond: meter.perSecond(now),
      }));
  }

  #fraction(bytesDone: number): number {
    if (this.#layersDone >= this.#layers) return 1;
    const fraction = this.#bytes === 0 ? this.#layersDone / this.#layers : bytesDone / this.#bytes;
    return Math.min(fraction, 0.99);
  }
}
