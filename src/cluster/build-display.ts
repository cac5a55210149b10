import type { StowageError } from '../errors.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { Course } from './course.ts';

/** Where the course of builds is shown. */
export interface BuildDisplay {
  /** A version stands elsewhere now. */
  course(name: string, course: Course): void;
  /** A version stands where it stood, but its numbers are others. */
  moved(name: string, course: Course): void;
  /** Made anew for each attempt of the one version that is watched; undefined where there are several. */
  readonly progress: (() => Progress) | undefined;
  /** The connection is lost; it is tried again. */
  trouble(error: StowageError): void;
  /** Nothing is watched any more. */
  close(): void;
}
