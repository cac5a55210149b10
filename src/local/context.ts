import type { OpenOptions } from '../pack/open-target.ts';
import type { Host } from '../storage/storage.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { State } from './state.ts';

/** What applying declarations works with. */
export interface ApplyContext {
  readonly state: State;
  readonly host: Host;
  readonly open: OpenOptions;
  /** Made anew for each version that is built. */
  readonly progress: () => Progress;
  readonly signal: AbortSignal;
}
