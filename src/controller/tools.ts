import type { ModelVersionObject } from '../api/resources.ts';
import type { Verdict } from '../policy/request.ts';
import type { BuildOf } from './build-of.ts';
import type { Observed } from './observed.ts';
import type { Settings } from './settings.ts';
import type { Turns } from './turns.ts';
import type { World } from './world.ts';

/** What reconciling versions works with. */
export interface ReconcileTools {
  readonly world: World;
  readonly turns: Turns;
  readonly settings: Settings;
  /** The builder of a version, told what to do. */
  readonly buildOf: (version: ModelVersionObject) => BuildOf;
  /** Whether the version may be built; its node was looked at where it has one. */
  verdict(seen: Observed): Verdict;
  /** Whether it is time to ask a version's pod how far it is; asked, the answer counts as yes. */
  progressDue(uid: string): boolean;
  now(): Date;
  /** A status was written. */
  onStatus(before: ModelVersionObject, after: ModelVersionObject): void;
}
