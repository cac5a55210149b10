import { afterAll, beforeAll, describe, expect } from 'vitest';
import { controlPlaneUnmet } from '../../e2e/cluster/requirements.ts';
import { brokenNetwork } from './real/broken-network.ts';
import { ControlPlane } from './real/control-plane.ts';
import { credentials } from './real/credentials.ts';
import { election } from './real/election.ts';
import { events } from './real/events.ts';
import { Stage } from './real/stage.ts';
import { listsAndWatches } from './real/watching.ts';
import { readingAndWriting } from './real/writing.ts';

/** Building Kubernetes takes 6 minutes on 2 cores, once. */
const BUILD_MS = 30 * 60_000;

const unmet = controlPlaneUnmet();
const why = unmet === undefined ? '' : ` (skipped: ${unmet})`;

describe.skipIf(unmet !== undefined)(`against a real API server${why}`, () => {
  let started: Stage | undefined;
  const stage = (): Stage => started ?? expect.unreachable('the API server was not started');

  beforeAll(async () => {
    started = new Stage(await ControlPlane.start());
  }, BUILD_MS);
  afterAll(() => started?.plane.stop());

  describe('reading and writing', () => readingAndWriting(stage));
  describe('lists and watches', () => listsAndWatches(stage));
  describe('credentials', () => credentials(stage));
  describe('an election', () => election(stage));
  describe('events', () => events(stage));
  describe('through a network that breaks', () => brokenNetwork(stage));
});
