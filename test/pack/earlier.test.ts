/** Earlier images that cannot be had: the build goes on without them. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { ELSEWHERE } from '../../src/pack/earlier.ts';
import { storageHash } from '../../src/record/make.ts';
import { faultRegistry, type FaultRegistry } from '../support/fault-registry.ts';
import { tempDir } from '../support/tempdir.ts';
import { actions, ALL, machine, makeModel, STORAGE, waitAMinute, type Machine } from './builds.ts';

const PATIENCE = { ...ELSEWHERE };

let registry: FaultRegistry;
let here: Machine;

beforeEach(async () => {
  const [started, directory] = await Promise.all([faultRegistry(), makeModel()]);
  registry = started;
  here = machine(directory);
  waitAMinute();
});
afterEach(() => {
  vi.useRealTimers();
  Object.assign(ELSEWHERE, PATIENCE);
});

/** A registry that takes connections and says nothing. */
async function silentRegistry(): Promise<{ readonly host: string; readonly asked: Promise<unknown> }> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, asked: once(server, 'connection') };
}

it('a registry that says nothing holds up the build for a moment, where it is not the target’s', async () => {
  ELSEWHERE.longest = 50;
  const digest = digestOf('an image');
  const { host } = await silentRegistry();
  const previous = { reference: `${host}/team/bert@${digest}`, record: digest };
  const built = await here.build(`${registry.host}/team/bert:v1`, { previous });
  expect(actions(built)).toEqual(ALL('uploaded'));
});

it('a build that is given up meanwhile ends with that', async () => {
  const digest = digestOf('an image');
  const { host, asked } = await silentRegistry();
  const previous = { reference: `${host}/team/bert@${digest}`, record: digest };
  const stop = new AbortController();
  const built = here.build(`${registry.host}/team/bert:v1`, { previous, signal: stop.signal });
  built.catch(() => undefined);
  await asked;
  stop.abort(new StowageError('Cancelled', 'enough'));
  await expect(built).rejects.toMatchObject({ code: 'Cancelled' });
});

it('another registry’s record is believed, and its layers are not compared', async () => {
  const other = await faultRegistry();
  const first = await here.build(`${other.host}/team/bert:v1`);
  const previous = { reference: `${other.host}/team/bert@${first.digest}`, record: first.record };
  await machine(here.directory).build(`${registry.host}/team/bert:v1`);
  other.journal.length = 0;
  const second = await here.build(`${registry.host}/team/bert:v2`, { previous });
  expect(actions(second)).toEqual(ALL('recorded'));
  const third = await here.build(`${registry.host}/third/bert:v1`, {
    previous: { reference: previous.reference },
    pins: undefined,
  });
  expect(actions(third)).toEqual(ALL('uploaded'));
  expect(third.bytes.read).toBe(third.bytes.source);
  expect(other.count('blob GET')).toBe(1);
});

it('a repository that is no name is none, and the build ends', async () => {
  const [image, record] = [digestOf('an image'), digestOf('a record')];
  await here.pins.add({
    repository: `${registry.host}/BAD NAME`,
    image,
    record,
    storage: storageHash(STORAGE),
  });
  expect(actions(await here.build(`${registry.host}/team/bert:v1`))).toEqual(ALL('uploaded'));
  expect(actions(await here.build(`${registry.host}/team/bert:v2`))).toEqual(ALL('recorded'));
});

it('a layout whose directory has a colon in its name is not taken for another one', async () => {
  const root = await tempDir();
  const [one, other] = [join(root, 'images'), join(root, 'images:x')];
  mkdirSync(other);
  const made = await here.build(`oci:${one}:v1`);
  here.pins.pins = [{ ...here.pins.pins[0]!, repository: `oci:${other}` }];
  const again = await here.build(`${registry.host}/team/bert:v1`);
  expect(again.digest).toBe(made.digest);
  expect(actions(again)).toEqual(ALL('uploaded'));
});
