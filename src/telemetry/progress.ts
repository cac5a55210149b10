/** What happens while a build runs, for whoever shows it. Calls are cheap and never throw. */
export interface Progress {
  /** The work is known. */
  planned(work: { layers: number; bytes: number }): void;
  layerStarted(layer: ProgressLayer): void;
  /** Bytes handed to the target since the last call; negative when an attempt starts again. */
  layerBytes(layer: ProgressLayer, bytes: number): void;
  layerDone(layer: ProgressLayer, action: string): void;
  /** Something a person should read now. */
  warning(text: string): void;
  /** All is said; a bar is drawn for the last time. */
  finished(): void;
}

export interface ProgressLayer {
  /** Position in the image, from 0. */
  readonly index: number;
  readonly title: string;
  /** Bytes as planned. */
  readonly size: number;
}

/** Shows nothing. */
export const SILENT: Progress = {
  planned: () => undefined,
  layerStarted: () => undefined,
  layerBytes: () => undefined,
  layerDone: () => undefined,
  warning: () => undefined,
  finished: () => undefined,
};
