import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressFeed } from '../../src/cluster/progress-feed.ts';
import { Tally, type Total } from '../../src/telemetry/progress-tally.ts';
import type { Progress } from '../../src/telemetry/progress.ts';

/** A display of which a test can read what it would show. */
function display(): { progress: Progress; done: string[]; total: () => Total } {
  const tally = new Tally(0);
  const done: string[] = [];
  const progress: Progress = {
    planned: (work) => tally.planned(work),
    layerStarted: (layer) => tally.started(layer, 0),
    layerBytes: (layer, bytes) => tally.moved(layer, bytes, 1000),
    layerDone: (layer, action) => {
      tally.done(layer);
      done.push(`${layer.title} ${layer.size} ${action}`);
    },
    warning: (text) => done.push(`warning ${text}`),
    finished: () => done.push('finished'),
  };
  return { progress, done, total: () => tally.total(1000) };
}

describe('progress that is fed from elsewhere', () => {
  it('shows layers as they are done, and what is on its way', () => {
    const { progress, done, total } = display();
    const feed = progressFeed(progress, 'bert-v3');
    feed.planned({ layers: 2, bytes: 100 });
    feed.at(70);
    expect(total()).toMatchObject({ bytesDone: 70, layers: 2, layersDone: 0 });
    feed.layer({ index: 1, title: 'b.tar', size: 60 }, 'exists');
    expect(total()).toMatchObject({ bytesDone: 70, layersDone: 1 });
    feed.at(90);
    feed.layer({ index: 0, title: 'a.tar', size: 40 }, 'uploaded');
    expect(total()).toMatchObject({ bytesDone: 100, fraction: 1 });
    feed.complete();
    expect(done).toEqual(['b.tar 60 exists', 'a.tar 40 uploaded']);
  });

  it('is one layer where the single ones are not heard of', () => {
    const { progress, done, total } = display();
    const feed = progressFeed(progress, 'bert-v3');
    for (const bytes of [10, 20, 30]) {
      feed.planned({ layers: 1, bytes: 100 });
      feed.at(bytes);
    }
    expect(total()).toMatchObject({ bytesDone: 30, layers: 1 });
    feed.complete();
    expect(total()).toMatchObject({ bytesDone: 100, fraction: 1 });
    expect(done).toEqual(['bert-v3 100 done']);
  });

  it('has a rate also where much moves between two reports', () => {
    const { progress, total } = display();
    const feed = progressFeed(progress, 'bert-v3');
    feed.planned({ layers: 1, bytes: 10 ** 10 });
    feed.at(10 ** 9);
    expect(total().bytesPerSecond).toBeGreaterThan(10 ** 8);
  });

  it('never shows more than there is, nor forgets what was reported', () => {
    const size = fc.integer({ min: 0, max: 10 ** 9 });
    fc.assert(
      fc.property(
        fc.array(size, { minLength: 1, maxLength: 5 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (sizes, reports) => {
          const { progress, total } = display();
          const feed = progressFeed(progress, 'bert-v3');
          const bytes = sizes.reduce((sum, each) => sum + each, 0);
          feed.planned({ layers: sizes.length, bytes });
          for (const fraction of reports) {
            const reported = Math.floor(bytes * fraction);
            feed.at(reported);
            expect(total().bytesDone).toBe(reported);
          }
          sizes.forEach((each, index) => feed.layer({ index, title: `${index}`, size: each }, 'uploaded'));
          expect(total()).toMatchObject({ bytesDone: bytes, layersDone: sizes.length });
        },
      ),
      { numRuns: 50 },
    );
  });
});
