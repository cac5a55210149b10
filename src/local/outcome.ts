import type { StowageError } from '../errors.ts';
import type { Report } from '../pack/report.ts';

/** What became of one declared object. */
export interface Outcome {
  readonly kind: 'Model' | 'ModelVersion';
  readonly namespace: string;
  readonly name: string;
  /** `unchanged`: it was Ready before and nothing was built. `suspended`: its spec says not to build it. */
  readonly result: 'configured' | 'built' | 'unchanged' | 'suspended' | 'failed';
  /** Of a ModelVersion that is Ready. */
  readonly report?: Report;
  readonly error?: StowageError;
}
