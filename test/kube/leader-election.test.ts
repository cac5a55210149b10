import fc from 'fast-check';
import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StowageError } from '../../src/errors.ts';
import { Candidate, type CandidateOptions } from '../../src/kube/candidate.ts';
import { sleep } from '../../src/kube/clock.ts';
import type { Lease } from '../../src/kube/builtin.ts';
import { leadWhile } from '../../src/kube/leader-election.ts';
import { unreachable } from '../../src/kube/unreachable.ts';
import { thrownBy } from '../support/thrown.ts';
import { clientOf } from './support/client.ts';
import { faultApiServer, plainCluster, type FaultApiServer } from './support/fault-api-server.ts';
import { ManualClock } from './support/manual-clock.ts';
import { until } from './support/until.ts';

const LEASES_PATH = '/apis/coordination.k8s.io/v1/leases';
const NAME = { namespace: 'stowage-system', name: 'controller' };

interface Player {
  readonly identity: string;
  readonly clock: ManualClock;
  readonly seen: string[];
  readonly troubles: StowageError[];
  readonly outcome: Promise<'stopped' | 'lost'>;
  readonly ended: () => boolean;
  /** Requests under way. */
  readonly busy: () => number;
  /** The signal that the work got, when it has begun. */
  readonly leading: () => AbortSignal | undefined;
  /** Lets the work end. */
  finish(error?: Error): void;
  stop(): void;
}

/** A candidate whose work lasts until it is told to end or loses its leadership. */
function join(server: FaultApiServer, identity: string, options: Partial<CandidateOptions> = {}): Player {
  const clock = new ManualClock();
  const seen: string[] = [];
  const troubles: StowageError[] = [];
  const stop = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let leading: AbortSignal | undefined;
  let ended = false;
  const work = async (signal: AbortSignal): Promise<void> => {
    leading = signal;
    signal.addEventListener('abort', () => resolve(undefined));
    await promise;
  };
  const { api, busy } = counting(options.api ?? clientOf(plainCluster(server.url)));
  const candidate: CandidateOptions = {
    ...{ lease: NAME, identity, clock, random: () => 0 },
    onLeader: (leader) => seen.push(leader),
    onTrouble: (error) => troubles.push(error),
    ...options,
    api,
  };
  const outcome = leadWhile(candidate, work, stop.signal).finally(() => (ended = true));
  outcome.catch(() => undefined);
  onTestFinished(() => {
    stop.abort();
    resolve(undefined);
  });
  return {
    ...{ identity, clock, seen, troubles, outcome },
    busy,
    ended: () => ended,
    leading: () => leading,
    finish: (error) => (error === undefined ? resolve(undefined) : reject(error)),
    stop: () => stop.abort(),
  };
}

const leads = (player: Player): boolean => player.leading()?.aborted === false && !player.ended();

/** Lets time pass for all alike, with pauses in which their requests are answered. */
async function pass(milliseconds: number, ...players: readonly Player[]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    for (const { clock } of players) await clock.advance(500);
    await settle(players);
  }
}

/** Until nobody waits for an answer; the answers that never come are not waited for for long. */
async function settle(players: readonly Player[]): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    await tick();
    if (turn > 3 && players.every((player) => player.busy() === 0)) return;
  }
}

/** Keeps count of the requests that are under way. */
function counting(api: CandidateOptions['api']): { api: CandidateOptions['api']; busy: () => number } {
  let busy = 0;
  const counted = async <T>(answer: Promise<T>): Promise<T> => {
    busy += 1;
    return answer.finally(() => (busy -= 1));
  };
  return {
    api: {
      get: (...call) => counted(api.get(...call)),
      create: (...call) => counted(api.create(...call)),
      update: (...call) => counted(api.update(...call)),
    },
    busy: () => busy,
  };
}

const leaseOf = (server: FaultApiServer): Lease | undefined =>
  server.store(LEASES_PATH).get('stowage-system/controller');

describe('leadWhile', () => {
  it('makes one of three the leader, who stays it', async () => {
    const server = await faultApiServer();
    const players = ['a', 'b', 'c'].map((identity) => join(server, identity));
    await until('somebody leads', () => players.some(leads));
    await pass(60_000, ...players);
    const leaders = players.filter(leads);
    expect(leaders).toHaveLength(1);
    expect(players.map(({ seen }) => new Set(seen))).toEqual(
      players.map(() => new Set([leaders[0]?.identity])),
    );
    expect(leaseOf(server)?.spec).toMatchObject({
      holderIdentity: leaders[0]?.identity,
      leaseTransitions: 0,
    });
  });

  it('lets another take over from a process that was killed, after the duration and not before', async () => {
    const server = await faultApiServer();
    const killed = join(server, 'a');
    await until('it leads', () => leads(killed));
    const heir = join(server, 'b');
    await until('it has seen the leader', () => heir.seen.includes('a'));
    await pass(14_000, heir); // Of the other nothing is heard any more: its clock stands still.
    expect(leads(heir)).toBe(false);
    await pass(4_000, heir);
    await until('it leads', () => leads(heir));
    expect(heir.seen).toEqual(['a', 'b']);
    expect(leaseOf(server)?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('tells the old leader when it wakes up again', async () => {
    const server = await faultApiServer();
    const paused = join(server, 'a');
    await until('it leads', () => leads(paused));
    const heir = join(server, 'b');
    await until('it has seen the leader', () => heir.seen.includes('a'));
    await pass(18_000, heir);
    await until('the other leads', () => leads(heir));
    await pass(2_500, paused);
    expect(await paused.outcome).toBe('lost');
    expect(leads(heir)).toBe(true);
  });

  it('stops after a pause in which others may have led, even when nobody does now', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    await player.clock.jump(11_000);
    expect(await player.outcome).toBe('lost');
  });

  it('counts its time from when a renewal was sent, not from when it was answered', async () => {
    const clock = new ManualClock();
    const server = await faultApiServer();
    const api = clientOf(plainCluster(server.url));
    const slow: CandidateOptions['api'] = {
      get: (...call) => api.get(...call),
      create: (...call) => api.create(...call),
      update: async (...call) => {
        await sleep(clock, 4000, new AbortController().signal);
        return api.update(...call);
      },
    };
    const candidate = new Candidate({ api: slow, lease: NAME, identity: 'a', clock });
    expect(await candidate.run()).toBe(true);
    const renewing = candidate.run();
    await clock.advance(4000);
    expect(await renewing).toBe(true);
    await clock.advance(5999);
    expect(candidate.hasLost()).toBe(false);
    await clock.advance(1);
    expect(candidate.hasLost()).toBe(true);
  });

  it('hands over at once when the work has ended', async () => {
    const server = await faultApiServer();
    const first = join(server, 'a');
    await until('it leads', () => leads(first));
    const heir = join(server, 'b');
    await until('it has seen the leader', () => heir.seen.includes('a'));
    first.finish();
    expect(await first.outcome).toBe('stopped');
    expect(leaseOf(server)?.spec?.holderIdentity).toBeUndefined();
    await pass(2_500, heir);
    await until('the other leads', () => leads(heir));
  });

  it('goes on leading while the work winds down', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    player.stop();
    await pass(30_000, player);
    expect(leads(player)).toBe(true);
    player.finish();
    expect(await player.outcome).toBe('stopped');
  });

  it('gives leadership back and passes the error on when the work fails', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    player.finish(new Error('out of luck'));
    await expect(player.outcome).rejects.toThrow('out of luck');
    expect(leaseOf(server)?.spec?.holderIdentity).toBeUndefined();
  });

  it('stops waiting when it is told to', async () => {
    const server = await faultApiServer();
    const leader = join(server, 'a');
    await until('it leads', () => leads(leader));
    const other = join(server, 'b');
    await until('it waits', () => other.seen.includes('a') && other.clock.waiting === 1);
    other.stop();
    expect(await other.outcome).toBe('stopped');
    expect([other.leading(), leaseOf(server)?.spec?.holderIdentity]).toEqual([undefined, 'a']);
  });

  it('bears an API server that is away for less than the deadline', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    const away = { kind: 'status', status: 503 } as const;
    server.fail('update', away, away, away);
    server.fail('get', away, away, away);
    await pass(20_000, player);
    expect(leads(player)).toBe(true);
    expect(player.troubles.length).toBeGreaterThan(0);
  });

  it.each(['status', 'stall'] as const)(
    'stops leading before others may when renewals fail (%s)',
    async (kind) => {
      const server = await faultApiServer();
      const player = join(server, 'a');
      await until('it leads', () => leads(player));
      const fault = kind === 'status' ? ({ kind, status: 500 } as const) : ({ kind } as const);
      server.fail('update', ...Array<typeof fault>(50).fill(fault));
      server.fail('get', ...Array<typeof fault>(50).fill(fault));
      await pass(9_500, player);
      expect(leads(player)).toBe(true);
      await pass(3_000, player);
      expect(await player.outcome).toBe('lost');
      expect(player.leading()?.reason).toMatchObject({ code: 'Cancelled' });
    },
  );

  it('leads on when a renewal was done although its answer was lost', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    server.fail('update', { kind: 'reset', done: true });
    await pass(20_000, player);
    expect(leads(player)).toBe(true);
    expect(leaseOf(server)?.spec?.leaseTransitions).toBe(0);
  });

  it('takes a lease whose creation was done although its answer was lost', async () => {
    const server = await faultApiServer();
    server.fail('create', { kind: 'reset', done: true });
    const player = join(server, 'a');
    await until('it has failed', () => player.troubles.length === 1);
    await pass(3_000, player);
    expect(leads(player)).toBe(true);
  });

  it('makes the lease anew when somebody has deleted it', async () => {
    const server = await faultApiServer();
    const player = join(server, 'a');
    await until('it leads', () => leads(player));
    server.store(LEASES_PATH).delete('stowage-system/controller');
    await pass(5_000, player);
    expect(leads(player)).toBe(true);
    expect(leaseOf(server)?.spec?.holderIdentity).toBe('a');
  });

  it('refuses times with which two could lead', () => {
    const times = { duration: 10_000, renewDeadline: 10_000, retryPeriod: 2_000 };
    const api = clientOf(plainCluster(new URL('http://127.0.0.1')));
    expect(thrownBy(() => new Candidate({ api, lease: NAME, identity: 'a', times })).code).toBe('Internal');
  });
});

describe('never do two lead at once', () => {
  /** What happens to one of the processes, and how long all others then go on. */
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('pause', 'resume', 'cut', 'mend', 'reset', 'late reset', '500', 'nothing'),
    verb: fc.constantFrom('get', 'update', 'create'),
    halfSeconds: fc.integer({ min: 1, max: 24 }),
  });

  it('whatever fails, whoever is cut off or stands still for a while', async () => {
    const server = await faultApiServer();
    let changes = 0;
    const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const crew = new Crew(server);
      for (const { who, what, verb, halfSeconds } of steps) {
        if (what === 'pause') crew.paused.add(who);
        if (what === 'resume') await crew.resume(who);
        if (what === 'cut') crew.cut.add(who);
        if (what === 'mend') crew.cut.delete(who);
        if (what === 'reset' || what === 'late reset')
          server.fail(verb, { kind: 'reset', done: what !== 'reset' });
        if (what === '500') server.fail(verb, { kind: 'status', status: 500 });
        for (let turn = 0; turn < halfSeconds; turn++) {
          await crew.run(500);
          expect(crew.leaders().length).toBeLessThanOrEqual(1);
        }
      }
      changes += crew.changes;
      await crew.disband();
      server.heal();
    });
    await fc.assert(property, { numRuns: 15 });
    expect(changes).toBeGreaterThan(10);
  });
});

/** Three processes, some of which may be cut off from the server or stand still. */
class Crew {
  readonly paused = new Set<number>();
  readonly cut = new Set<number>();
  readonly #server: FaultApiServer;
  readonly #players: Player[];
  /** Milliseconds that each has missed. */
  readonly #missed = [0, 0, 0];
  #last = '';
  changes = 0;

  constructor(server: FaultApiServer) {
    this.#server = server;
    server.store(LEASES_PATH).delete('stowage-system/controller');
    this.#players = [0, 1, 2].map((who) => join(server, `player ${who}`, { api: this.#cuttable(who) }));
  }

  /** Who leads and does something: one that stands still does nothing, whatever it believes. */
  leaders(): string[] {
    const names = this.#players.filter((player, who) => leads(player) && !this.paused.has(who));
    const [name] = names.map(({ identity }) => identity);
    if (name !== undefined && name !== this.#last) this.changes += 1;
    this.#last = name ?? this.#last;
    return names.map(({ identity }) => identity);
  }

  async run(milliseconds: number): Promise<void> {
    for (const [who, player] of this.#players.entries()) {
      if (this.paused.has(who)) this.#missed[who] = (this.#missed[who] ?? 0) + milliseconds;
      else await player.clock.advance(milliseconds);
    }
    await settle(this.#players);
  }

  async resume(who: number): Promise<void> {
    if (!this.paused.delete(who)) return;
    await this.#players[who]?.clock.jump(this.#missed[who] ?? 0);
    this.#missed[who] = 0;
    await settle(this.#players);
  }

  async disband(): Promise<void> {
    for (const player of this.#players) {
      player.stop();
      player.finish();
    }
    const ended = (): boolean => this.#players.every((player) => player.ended());
    for (let turn = 0; turn < 100 && !ended(); turn++) {
      for (const { clock } of this.#players) await clock.advance(500);
      await settle(this.#players);
    }
    expect(ended()).toBe(true);
  }

  #cuttable(who: number): CandidateOptions['api'] {
    const api = clientOf(plainCluster(this.#server.url));
    const reach = async <T>(ask: () => Promise<T>): Promise<T> => {
      if (this.cut.has(who)) throw unreachable(new Error('cut off'), this.#server.url);
      return ask();
    };
    return {
      get: (...call) => reach(() => api.get(...call)),
      create: (...call) => reach(() => api.create(...call)),
      update: (...call) => reach(() => api.update(...call)),
    };
  }
}
