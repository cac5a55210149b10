import type { KeptUploads } from '../oci/kept-uploads.ts';
import type { OpenOptions } from '../pack/open-target.ts';
import type { RecordPins } from '../record/pins.ts';
import type { VerifySource } from '../record/reusable.ts';
import type { Host } from '../storage/storage.ts';
import type { Progress } from '../telemetry/progress.ts';
import type { State } from './state.ts';

/** What applying declarations works with. */
export interface ApplyContext {
  readonly state: State;
  readonly host: Host;
  readonly open: OpenOptions;
  /** Where the uploads of an image are remembered that this process does not finish. Default: nowhere. */
  readonly uploads?: (image: string) => KeptUploads;
  /** Which records this machine has made. Default: none. */
  readonly pins?: RecordPins;
  /** Counts instead of what the declarations say. */
  readonly verifySource?: VerifySource | undefined;
  /** Bytes per second that a build may send. Default: any number. */
  readonly bandwidth?: number | undefined;
  /** Made anew for each version that is built. */
  readonly progress: () => Progress;
  readonly signal: AbortSignal;
}
