import type { Progress, ProgressLayer } from '../telemetry/progress.ts';

/**
 * Feeds a progress display from a build that runs elsewhere, of which only some is known: the plan, each layer that is
 * done, and now and then how many bytes there are in all. What is not done yet is shown as one layer. Amounts are bytes.
 */
export interface Feed {
  planned(work: { layers: number; bytes: number }): void;
  layer(layer: ProgressLayer, action: string): void;
  at(bytesDone: number): void;
  warning(text: string): void;
  /** The build has its image. */
  complete(): void;
  finished(): void;
}

/** A display takes more than 4 MiB at once for bytes that did not have to be moved. */
const STEP = 4 * 1024 * 1024;

/** @param name of the version: what one layer that stands for all of it is called */
export function progressFeed(progress: Progress, name: string): Feed {
  let rest: ProgressLayer | undefined;
  let layersLeft = 0;
  let done = 0;
  let inFlight = 0;
  const begin = (bytes: number): void => {
    rest = { index: -1, title: layersLeft === 1 && done === 0 ? name : 'on the way', size: bytes - done };
    progress.layerStarted(rest);
  };
  return {
    planned({ layers, bytes }) {
      if (rest !== undefined) return;
      layersLeft = layers;
      progress.planned({ layers, bytes });
      begin(bytes);
    },
    layer(layer, action) {
      progress.layerStarted(layer);
      progress.layerDone(layer, action);
      const bytes = done + (rest?.size ?? 0);
      done += layer.size;
      layersLeft -= 1;
      inFlight = Math.max(0, inFlight - layer.size);
      begin(bytes);
      if (rest !== undefined) progress.layerBytes(rest, inFlight);
    },
    at(bytesDone) {
      if (rest === undefined) return;
      const moved = Math.max(0, bytesDone - done) - inFlight;
      inFlight += moved;
      if (moved <= 0) progress.layerBytes(rest, moved);
      for (let left = moved; left > 0; left -= STEP) progress.layerBytes(rest, Math.min(left, STEP));
    },
    warning: (text) => progress.warning(text),
    complete() {
      for (; rest !== undefined && layersLeft > 0; layersLeft -= 1) {
        // Where single layers were not heard of, they are one.
        progress.layerDone(rest, 'done');
        rest = { ...rest, size: 0 };
      }
    },
    finished: () => progress.finished(),
  };
}
