import type { Model } from './model.ts';

/** One who is measured. */
export interface Contender {
  readonly name: string;
  /** How it is called, in one line, for those who read the results. */
  readonly how: string;
  /** The program it needs on the PATH. */
  readonly program: string;
  /** Whether the registry must know its tag afterwards. */
  readonly tags: boolean;
  /** Makes what it needs, before the clock starts. */
  prepare?(job: Job): Promise<void>;
  command(job: Job): readonly string[];
}

export interface Job {
  readonly model: Model;
  /** `host:port/repository`; the tag is TAG. */
  readonly repository: string;
  /** A directory of its own, on disk, empty, gone after the run. */
  readonly scratch: string;
}

export const TAG = 'v1';
