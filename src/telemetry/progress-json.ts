import { Tally, type Total } from './progress-tally.ts';
import type { Progress } from './progress.ts';

/**
 * One line of progress for programs: JSON without line breaks. Amounts are bytes, seconds, bytes per second, all whole
 * numbers but `done.seconds`. Readers skip events and keys that they do not know.
 */
export type ProgressEvent =
  /** First: the work is known. */
  | { readonly event: 'planned'; readonly layers: number; readonly bytes: number }
  /** A layer is done; `index` from 0 in the image's order, `action` as in the report. */
  | {
      readonly event: 'layer';
      readonly index: number;
      readonly title: string;
      readonly size: number;
      readonly action: string;
    }
  /** How far the work is: at most once a second, and only while something changes. */
  | ({ readonly event: 'progress' } & Extent & {
        /** Left out at the very start. */
        readonly bytesPerSecond?: number;
        /** Left out where nobody can say. */
        readonly secondsLeft?: number;
      })
  /** Something a person should read. */
  | { readonly event: 'warning'; readonly message: string }
  /** Last: nothing more is sent. It is complete if all layers are done; whether it is an image, the report says. */
  | ({ readonly event: 'done' } & Extent & { readonly seconds: number });

interface Extent {
  readonly layers: number;
  readonly layersDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
}

const REPORT_MS = 1_000;

/** JSON lines for a program that reads along; see ProgressEvent. */
export function progressJson(stream: NodeJS.WritableStream): Progress {
  const tally = new Tally(performance.now());
  const total = (): Total => tally.total(performance.now());
  let timer: NodeJS.Timeout | undefined;
  let finished = false;
  const send = (event: ProgressEvent): void => {
    if (!finished) stream.write(`${JSON.stringify(event)}\n`);
  };
  let last = '';
  const report = (): void => {
    const event = progressEvent(total());
    const line = JSON.stringify(event);
    if (line !== last) send(event);
    last = line;
  };
  return {
    planned(work) {
      tally.planned(work);
      send({ event: 'planned', layers: work.layers, bytes: work.bytes });
      if (!finished) timer ??= setInterval(report, REPORT_MS).unref();
    },
    layerStarted: (layer) => tally.started(layer, performance.now()),
    layerBytes: (layer, bytes) => tally.moved(layer, bytes, performance.now()),
    layerDone({ index, title, size }, action) {
      tally.done({ index, title, size });
      send({ event: 'layer', index, title, size, action });
    },
    warning: (message) => send({ event: 'warning', message }),
    finished() {
      clearInterval(timer);
      send({ event: 'done', ...extent(total()), seconds: Number(total().seconds.toFixed(3)) });
      finished = true;
    },
  };
}

function progressEvent(total: Total): ProgressEvent {
  const { bytesPerSecond, secondsLeft } = total;
  return {
    event: 'progress',
    ...extent(total),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: Math.round(bytesPerSecond) }),
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  };
}

function extent({ layers, layersDone, bytes, bytesDone }: Total): Extent {
  return { layers, layersDone, bytes, bytesDone };
}
