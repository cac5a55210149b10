import type { ModelVersionObject } from '../api/resources.ts';
import type { BuildTask, Builder, BuilderSettings } from '../builders/builder.ts';
import type { Verdict } from '../policy/request.ts';
import type { BuildPlace, Observed } from './observed.ts';
import type { Settings } from './settings.ts';
import type { Turns } from './turns.ts';
import type { World } from './world.ts';

/** What reconciling versions works with. */
export interface ReconcileTools {
  readonly world: World;
  readonly turns: Turns;
  readonly settings: Settings;
  readonly builder: Builder;
  /** What a builder is asked to do for a version. */
  readonly buildOf: (
    version: ModelVersionObject,
    place: BuildPlace,
  ) => [task: BuildTask, settings: BuilderSettings];
  /** Whether the version may be built; its node was looked at where it has one. */
  verdict(seen: Observed): Verdict;
  /** Whether it is time to ask a version's pod how far it is; asked, the answer counts as yes. */
  progressDue(uid: string): boolean;
  now(): Date;
  /** A status was written. */
  onStatus(before: ModelVersionObject, after: ModelVersionObject): void;
}
