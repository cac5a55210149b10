import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/registry/inbox.ts';

describe('what a socket writes', () => {
  it('is taken whole and in order, and stays as it is until the next is taken', () => {
    const steps = fc.array(
      fc.oneof(fc.record({ come: fc.integer({ min: 1, max: 300_000 }) }), fc.constant('take' as const)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (each) => {
        const inbox = new Inbox();
        let [written, read] = [0, 0];
        let held: { bytes: Buffer; from: number } | undefined;
        for (const step of each) {
          if (step === 'take') {
            const bytes = inbox.take();
            held = { bytes, from: read };
            read += bytes.length;
          } else if (!inbox.isFull) {
            const { room } = inbox;
            expect(room.length).toBeGreaterThan(0);
            const count = Math.min(step.come, room.length);
            for (let at = 0; at < count; at++) room[at] = (written + at) % 251;
            written += count;
            inbox.filled(count);
          }
          expect(held === undefined || isAsWritten(held)).toBe(true);
        }
        for (; !inbox.isEmpty;) {
          const bytes = inbox.take();
          expect(isAsWritten({ bytes, from: read })).toBe(true);
          read += bytes.length;
        }
        expect(read).toBe(written);
      }),
    );
  });

  it('still has room for what comes after it was full', () => {
    const inbox = new Inbox();
    inbox.filled(inbox.room.length);
    expect(inbox.isFull).toBe(true);
    expect(inbox.room.length).toBeGreaterThan(100_000);
    inbox.filled(64 * 1024);
    expect(inbox.take().length).toBeGreaterThan(64 * 1024);
    expect(inbox.isFull).toBe(false);
  });

  it('is not overwritten by one who does not wait', () => {
    const inbox = new Inbox();
    inbox.filled(inbox.room.length);
    expect(() => inbox.filled(inbox.room.length)).toThrow(RangeError);
  });
});

function isAsWritten({ bytes, from }: { bytes: Buffer; from: number }): boolean {
  return bytes.every((byte, at) => byte === (from + at) % 251);
}
