import { describe, expect, it } from 'vitest';
import { RenewedCredentials, type Loaded } from '../../src/kube/renewed-credentials.ts';
import { ManualClock } from './support/manual-clock.ts';

/** Gives "token-1", "token-2", …, each fresh for 100 ms and usable for 200 ms. */
class Issuer {
  issued = 0;
  broken = false;
  constant = false;

  readonly load = (): Promise<Loaded> => {
    if (this.broken) return Promise.reject(new Error('the issuer is away'));
    this.issued += 1;
    const authorization = this.constant ? 'token' : `token-${this.issued}`;
    return Promise.resolve({ credential: { authorization }, freshFor: 100, usableFor: 200 });
  };
}

function start(): { clock: ManualClock; issuer: Issuer; credentials: RenewedCredentials } {
  const [clock, issuer] = [new ManualClock(), new Issuer()];
  return { clock, issuer, credentials: new RenewedCredentials(issuer.load, clock) };
}

describe('RenewedCredentials', () => {
  it('has them once, however many ask, until they have grown old', async () => {
    const { clock, issuer, credentials } = start();
    const all = await Promise.all([1, 2, 3].map(() => credentials.current()));
    expect(new Set(all).size).toBe(1);
    await clock.advance(99);
    await credentials.current();
    expect(issuer.issued).toBe(1);
    await clock.advance(1);
    expect((await credentials.current()).authorization).toBe('token-2');
  });

  it('gives the same object when nothing has changed, so that connections are kept', async () => {
    const { clock, issuer, credentials } = start();
    issuer.constant = true;
    const first = await credentials.current();
    await clock.advance(150);
    expect(await credentials.current()).toBe(first);
    expect(issuer.issued).toBe(2);
  });

  it('keeps the old ones while new ones cannot be had, and fails when they are of no use any more', async () => {
    const { clock, issuer, credentials } = start();
    const first = await credentials.current();
    issuer.broken = true;
    await clock.advance(150);
    expect(await credentials.current()).toBe(first);
    await clock.advance(20_000);
    await expect(credentials.current()).rejects.toThrow('away');
  });

  it('has others when the server refuses them, once for all who were refused', async () => {
    const { issuer, credentials } = start();
    const first = await credentials.current();
    expect(await Promise.all([credentials.renew(first), credentials.renew(first)])).toEqual([true, true]);
    expect(await credentials.renew(first)).toBe(true);
    expect(issuer.issued).toBe(2);
  });

  it('says when there are no others', async () => {
    const { issuer, credentials } = start();
    issuer.constant = true;
    const first = await credentials.current();
    expect(await credentials.renew(first)).toBe(false);
    issuer.broken = true;
    expect(await credentials.renew(first)).toBe(false);
  });
});
