import type { ReadPace } from './read-pace.ts';

/** What the streams of all layers of one build share. */
export interface SourceReading {
  readonly pace: ReadPace;
  /** Called with the number of bytes of each read from a file. */
  readonly onRead: (bytes: number) => void;
}
