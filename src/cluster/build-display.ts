import type { StowageError } from '../errors.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { Course } from './course.ts';

/** Where the course of a build is shown. */
export interface BuildDisplay {
  /** A version stands elsewhere now. */
  course(name: string, course: Course): void;
  /** Made anew for each attempt. */
  progress(): Progress;
  /** The connection is lost; it is tried again. */
  trouble(error: StowageError): void;
}
