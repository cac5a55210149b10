import type { Declaration } from '../api/declaration.ts';
import type { ModelVersion } from '../api/modelversion.ts';
import type { StowageError } from '../errors.ts';

/** What became of one object in a cluster. */
export interface ClusterOutcome {
  readonly kind: Declaration['kind'];
  /** Undefined for what is of the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
  /**
   * `configured`: the cluster has it. `unchanged`: it was Ready before. `refused`: the API server did not take it.
   * `unfinished`: nobody waited for its end.
   */
  readonly result: 'configured' | 'built' | 'unchanged' | 'suspended' | 'failed' | 'refused' | 'unfinished';
  /** A ModelVersion as it was last seen. */
  readonly version?: ModelVersion;
  readonly error?: StowageError;
}
