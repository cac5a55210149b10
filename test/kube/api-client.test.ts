import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/kube/api-client.ts';
import { PODS } from '../../src/kube/core.ts';
import type { Cluster, CredentialSource } from '../../src/kube/cluster.ts';
import {
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  isNotFound,
  isNotServed,
  isTooManyRequests,
  isUnauthorized,
} from '../../src/kube/kube-error.ts';
import type { RequestSample } from '../../src/kube/requests.ts';
import { rejectionOf } from '../support/thrown.ts';
import { clientOf, THINGS, THINGS_PATH } from './support/client.ts';
import { faultApiServer, plainCluster, type FaultApiServer } from './support/fault-api-server.ts';
import { ManualClock } from './support/manual-clock.ts';
import { until } from './support/until.ts';

const KEY = { namespace: 'a', name: 'one' };

async function start(): Promise<{ server: FaultApiServer; api: ApiClient }> {
  const server = await faultApiServer();
  return { server, api: clientOf(plainCluster(server.url)) };
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('reading and writing objects', () => {
  it('creates, reads, replaces, patches, applies and deletes', async () => {
    const { server, api } = await start();
    const made = await api.create(THINGS, { metadata: KEY, data: { a: '1' } });
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: KEY, data: { a: '1' } });
    expect(await api.get(THINGS, KEY)).toEqual(made);
    const replaced = await api.update(THINGS, { ...made, data: { b: '2' } });
    expect(replaced.data).toEqual({ b: '2' });
    const patched = await api.mergePatch(THINGS, KEY, { data: { b: null, c: '3' } });
    expect(patched.data).toEqual({ c: '3' });
    await api.apply(THINGS, { metadata: KEY, data: { d: '4' } }, { force: true });
    await api.delete(THINGS, KEY, { uid: made.metadata.uid });
    expect(isNotFound(await rejectionOf(api.get(THINGS, KEY)))).toBe(true);
    const sent = server.requests.map(({ verb, url, headers }) => [verb, url.search, headers['content-type']]);
    const manager = 'fieldManager=stowage-test';
    expect(sent).toEqual([
      ['create', `?${manager}`, 'application/json'],
      ['get', '', undefined],
      ['update', `?${manager}`, 'application/json'],
      ['patch', `?${manager}`, 'application/merge-patch+json'],
      ['apply', `?force=true&${manager}`, 'application/apply-patch+yaml'],
      ['delete', '', 'application/json'],
      ['get', '', undefined],
    ]);
  });

  it('writes a subresource', async () => {
    const { server, api } = await start();
    const made = await api.create(THINGS, { metadata: KEY });
    await api.update(THINGS, made, { subresource: 'status' });
    expect(server.requests.at(-1)?.url.pathname).toBe('/api/v1/namespaces/a/configmaps/one/status');
  });

  it('refuses to write what has changed, or to delete another object of the same name', async () => {
    const { api } = await start();
    const made = await api.create(THINGS, { metadata: KEY });
    await api.update(THINGS, made);
    expect(isConflict(await rejectionOf(api.update(THINGS, made)))).toBe(true);
    expect(isConflict(await rejectionOf(api.delete(THINGS, KEY, { uid: 'another' })))).toBe(true);
    const { resourceVersion } = made.metadata;
    expect(isConflict(await rejectionOf(api.delete(THINGS, KEY, { resourceVersion })))).toBe(true);
    expect(isAlreadyExists(await rejectionOf(api.create(THINGS, { metadata: KEY })))).toBe(true);
  });

  it('lists in pages, in one namespace or in all', async () => {
    const { server, api } = await start();
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) server.store(THINGS_PATH).put(key, {});
    const first = await api.list(THINGS, { namespace: 'a', limit: 2 });
    const second = await api.list(THINGS, { namespace: 'a', limit: 2, from: first.next });
    expect([...first.items, ...second.items].map(({ metadata }) => metadata.name)).toEqual(['1', '2', '3']);
    expect([second.next, second.resourceVersion]).toEqual([undefined, first.resourceVersion]);
    expect((await api.list(THINGS)).items).toHaveLength(4);
  });

  it('reads the API behind a path', async () => {
    const { server } = await start();
    const cluster = plainCluster(new URL('/k8s/clusters/c-1/', server.url));
    await rejectionOf(clientOf(cluster).get(THINGS, KEY));
    expect(server.requests[0]?.url.pathname).toBe('/k8s/clusters/c-1/api/v1/namespaces/a/configmaps/one');
  });
});

describe('refusals', () => {
  it.each([
    [404, 'NotFound', isNotFound, 'ObjectNotFound', false],
    [409, 'AlreadyExists', isAlreadyExists, 'ClusterFailed', false],
    [409, 'Conflict', isConflict, 'ClusterFailed', false],
    [401, 'Unauthorized', isUnauthorized, 'ClusterAuth', false],
    [403, 'Forbidden', isForbidden, 'ClusterAuth', false],
    [422, 'Invalid', isInvalid, 'ClusterFailed', false],
    [410, 'Expired', isExpired, 'ClusterFailed', false],
    [410, 'Gone', isExpired, 'ClusterFailed', false],
    [429, 'TooManyRequests', isTooManyRequests, 'ClusterFailed', true],
  ] as const)('%i %s is known', async (...[status, reason, guard, code, retryable]) => {
    const { server, api } = await start();
    server.fail('get', { kind: 'status', status, reason });
    const error = await rejectionOf(api.get(THINGS, KEY));
    expect(guard(error)).toBe(true);
    expect(error).toMatchObject({ code, status, reason, retryable });
    expect(error.message).toContain(
      `refused to get configmaps "one" in a (${status} ${reason}: scripted ${reason})`,
    );
    expect(
      [isNotFound, isAlreadyExists, isConflict, isForbidden, isExpired].filter((each) => each(error)).length,
    ).toBe([isUnauthorized, isInvalid, isTooManyRequests].some((each) => each(error)) ? 0 : 1);
  });

  it.each(['<html>busy</html>', '', '{"kind":"Status","reason":3}', 'null'])(
    'of a proxy (%j) are known by their status',
    async (body) => {
      const { server, api } = await start();
      server.fail('create', { kind: 'status', status: 503, body });
      const error = await rejectionOf(api.create(THINGS, { metadata: KEY }));
      expect(error).toMatchObject({ status: 503, reason: 'ServiceUnavailable', retryable: true });
    },
  );

  it('tells a kind that is not served from an object that is gone', async () => {
    const { server, api } = await start();
    server.fail('get', { kind: 'status', status: 404, body: '404 page not found\n' });
    const error = await rejectionOf(api.get(THINGS, KEY));
    expect([isNotServed(error), isNotFound(error), error.code]).toEqual([true, false, 'ClusterFailed']);
  });

  it('tells a namespace that is being deleted from a missing right', async () => {
    const { server, api } = await start();
    const details = { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] };
    const body = JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'no', details });
    server.fail(
      'create',
      { kind: 'status', status: 403, body },
      { kind: 'status', status: 403, reason: 'Forbidden' },
    );
    const errors = [
      await rejectionOf(api.create(THINGS, { metadata: KEY })),
      await rejectionOf(api.create(THINGS, { metadata: KEY })),
    ];
    expect(errors.map(isNamespaceTerminating)).toEqual([true, false]);
    expect(errors.map(({ hint }) => hint)).toEqual([undefined, 'see: kubectl auth can-i create configmaps']);
  });

  it('are cut where they are long', async () => {
    const { server, api } = await start();
    const body = JSON.stringify({
      kind: 'Status',
      code: 400,
      message: `a\n\u001b[31m${'x'.repeat(100_000)}`,
    });
    server.fail('get', { kind: 'status', status: 400, body });
    const { message } = await rejectionOf(api.get(THINGS, KEY));
    expect(message.length).toBeLessThan(1200);
    expect(message).not.toMatch(/\p{C}/u);
  });
});

describe('trying again', () => {
  it('any request is sent again after a 429 that says when', async () => {
    const server = await faultApiServer();
    const clock = new ManualClock();
    const api = clientOf(plainCluster(server.url), { clock });
    server.fail('create', { kind: 'status', status: 429, headers: { 'retry-after': '3' } });
    const creating = api.create(THINGS, { metadata: KEY });
    await until('it waits', () => server.count('create') === 1 && clock.nextIn === 3000);
    await clock.advance(2999);
    expect(server.count('create')).toBe(1);
    await clock.advance(1);
    expect((await creating).metadata.name).toBe('one');
  });

  it.each([
    ['a 429 that says nothing', { kind: 'status', status: 429 }, 1],
    ['a 429 that asks for a minute', { kind: 'status', status: 429, headers: { 'retry-after': '60' } }, 1],
    ['a 503 on a write', { kind: 'status', status: 503, headers: { 'retry-after': '0' } }, 1],
    ['a connection that breaks', { kind: 'reset' }, 1],
    ['a connection that breaks after the work', { kind: 'reset', done: true }, 1],
  ] as const)('a write is not sent again after %s', async (_title, fault, tries) => {
    const { server, api } = await start();
    server.fail('create', fault);
    const error = await rejectionOf(api.create(THINGS, { metadata: KEY }));
    expect(error.retryable).toBe(true);
    expect(server.count('create')).toBe(tries);
  });

  it('a read is sent again after a broken connection, once, and after a 503 that says when', async () => {
    const { server, api } = await start();
    server.store(THINGS_PATH).put('a/one', {});
    server.fail('get', { kind: 'reset' });
    await api.get(THINGS, KEY);
    server.fail('get', { kind: 'cut', bytes: 10 });
    await api.get(THINGS, KEY);
    server.fail('get', { kind: 'status', status: 503, headers: { 'retry-after': '0' } });
    await api.get(THINGS, KEY);
    expect(server.count('get')).toBe(6);
    server.fail('get', { kind: 'reset' }, { kind: 'reset' });
    expect((await rejectionOf(api.get(THINGS, KEY))).code).toBe('ClusterUnreachable');
    expect(server.count('get')).toBe(8);
  });

  it('ends when the server goes on refusing', async () => {
    const { server, api } = await start();
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '0' } } as const;
    server.fail('get', ...Array<typeof fault>(20).fill(fault));
    expect(isTooManyRequests(await rejectionOf(api.get(THINGS, KEY)))).toBe(true);
    expect(server.count('get')).toBe(5);
  });
});

describe('time', () => {
  it('is limited for an answer', async () => {
    const server = await faultApiServer();
    const clock = new ManualClock();
    const api = clientOf(plainCluster(server.url), { clock });
    server.fail('get', { kind: 'stall' });
    const getting = rejectionOf(api.get(THINGS, KEY));
    await until('the request is there', () => server.count('get') === 1);
    await clock.advance(30_000);
    const error = await getting;
    expect(error).toMatchObject({ code: 'Timeout', retryable: true });
    expect(error.message).toContain('get configmaps "one" in a within 30 s');
    expect(clock.waiting).toBe(0);
  });

  it('is the caller’s to cut short', async () => {
    const { server, api } = await start();
    server.fail('get', { kind: 'stall' });
    const controller = new AbortController();
    const getting = rejectionOf(api.get(THINGS, KEY, { signal: controller.signal }));
    await until('the request is there', () => server.count('get') === 1);
    controller.abort();
    expect((await getting).code).toBe('Cancelled');
    expect((await rejectionOf(api.get(THINGS, KEY, { signal: controller.signal }))).code).toBe('Cancelled');
    expect(server.count('get')).toBe(1);
  });

  it('between requests is kept to the rate', async () => {
    const server = await faultApiServer();
    const clock = new ManualClock();
    const api = clientOf(plainCluster(server.url), { clock, rateLimit: { perSecond: 1, burst: 2 } });
    server.store(THINGS_PATH).put('a/one', {});
    const all = Promise.all([1, 2, 3].map(() => api.get(THINGS, KEY)));
    await until('two are there', () => server.count('get') === 2);
    await clock.advance(999);
    expect(server.count('get')).toBe(2);
    await clock.advance(1);
    await all;
    expect(server.count('get')).toBe(3);
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    const { server, api } = await start();
    server.store(THINGS_PATH).put('a/one', {});
    const ports = new Set<unknown>();
    for (let turn = 0; turn < 20; turn++) {
      await api.get(THINGS, KEY);
      ports.add(server.requests.at(-1)?.port);
    }
    // The second is opened while the first is still reading the end of an answer.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('that nobody takes are explained', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address() as { port: number };
    listener.close();
    await once(listener, 'close');
    const api = clientOf(plainCluster(new URL(`http://127.0.0.1:${address.port}`)));
    const error = await rejectionOf(api.get(THINGS, KEY));
    expect(error).toMatchObject({ code: 'ClusterUnreachable', retryable: true });
    expect(error.message).toContain('refuses connections (ECONNREFUSED)');
  });

  it('carry new credentials once the old ones are refused', async () => {
    const server = await faultApiServer();
    server.store(THINGS_PATH).put('a/one', {});
    const tokens = ['Bearer old', 'Bearer new'].map((authorization) => ({ authorization }));
    let at = 0;
    const credentials: CredentialSource = {
      current: () => Promise.resolve(tokens[at] ?? {}),
      renew: () => Promise.resolve(++at < tokens.length),
    };
    const cluster: Cluster = {
      ...plainCluster(server.url),
      credentials,
      impersonate: { 'impersonate-group': ['a', 'b'] },
    };
    const api = clientOf(cluster);
    const refused = { kind: 'status', status: 401, reason: 'Unauthorized' } as const;
    server.fail('get', refused);
    await api.get(THINGS, KEY);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(server.requests[0]?.headers['impersonate-group']).toBe('a, b');
    server.fail('get', refused);
    expect(isUnauthorized(await rejectionOf(api.get(THINGS, KEY)))).toBe(true);
  });
});

describe('what is told to metrics', () => {
  it('is each exchange with its verb, resource and status', async () => {
    const server = await faultApiServer();
    const samples: RequestSample[] = [];
    const api = clientOf(plainCluster(server.url), { onRequest: (sample) => samples.push(sample) });
    await rejectionOf(api.get(THINGS, KEY));
    server.fail('create', { kind: 'reset' });
    await rejectionOf(api.create(THINGS, { metadata: KEY }));
    server.fail('logs', { kind: 'status', status: 200, body: 'line\n' });
    await bytesOf(await api.logs(KEY, {}, new AbortController().signal));
    expect(samples.map(({ verb, resource, status }) => [verb, resource, status])).toEqual([
      ['get', 'configmaps', 404],
      ['create', 'configmaps', 0],
      ['get', 'pods/log', 200],
    ]);
    expect(samples.every(({ seconds }) => seconds >= 0)).toBe(true);
  });
});

describe('the summary of a node', () => {
  it("is the kubelet's, asked through the server", async () => {
    const { server, api } = await start();
    server.fail('get', { kind: 'status', status: 200, body: '{"pods":[]}' });
    const found = await api.nodeSummary('worker-7', new AbortController().signal);
    expect(found).toEqual({ pods: [] });
    expect(server.requests[0]?.url.pathname).toBe('/api/v1/nodes/worker-7/proxy/stats/summary');
  });
});

describe('logs', () => {
  it('are the bytes of a container', async () => {
    const { server, api } = await start();
    server.fail('logs', { kind: 'status', status: 200, body: 'one\ntwo\n' });
    const options = { container: 'builder', follow: true, tailLines: 5 };
    const bytes = await bytesOf(await api.logs(KEY, options, new AbortController().signal));
    expect(bytes.toString()).toBe('one\ntwo\n');
    expect(server.requests[0]?.url.pathname).toBe(`/api/v1/namespaces/a/${PODS.plural}/one/log`);
    expect(server.requests[0]?.url.search).toBe('?container=builder&follow=true&tailLines=5');
  });
});

describe('a watch', () => {
  it('tells what happens from a version on, until it is stopped', async () => {
    const { server, api } = await start();
    const store = server.store(THINGS_PATH);
    const { resourceVersion } = store.put('a/one', {}).metadata;
    const controller = new AbortController();
    const events = await api.watch(THINGS, { resourceVersion, timeoutSeconds: 300 }, controller.signal);
    store.put('a/one', { data: { x: '1' } });
    store.delete('a/one');
    server.say(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '200' } } })}\n`);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of events) {
        seen.push(
          event.type === 'BOOKMARK'
            ? `${event.type} ${event.resourceVersion}`
            : `${event.type} ${event.object.metadata.name}`,
        );
        if (event.type === 'BOOKMARK') controller.abort();
      }
    })();
    expect((await rejectionOf(reading)).code).toBe('Cancelled');
    expect(seen).toEqual(['MODIFIED one', 'DELETED one', 'BOOKMARK 200']);
    expect(server.requests[0]?.url.search).toBe(
      `?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}&timeoutSeconds=300`,
    );
    await until('the server has seen it end', () => server.openWatches === 0);
  });

  it.each([
    ['{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}', 'ClusterFailed', true],
    ['{"type":"ERROR","object":null}', 'ClusterFailed', false],
    ['{"type":"ADDED","object":{}}', 'ClusterFailed', false],
    ['{"type":"BOOKMARK","object":{"metadata":{}}}', 'ClusterFailed', false],
    ['{"type":"WHAT","object":{}}', 'ClusterFailed', false],
    ['{"type":"ADDED","obj', 'ClusterFailed', false],
    ['null', 'ClusterFailed', false],
  ])('that says %s fails', async (line, code, expired) => {
    const { server, api } = await start();
    server.fail('watch', { kind: 'status', status: 200, body: `${line}\n` });
    const options = { resourceVersion: '1', timeoutSeconds: 1 };
    const events = await api.watch(THINGS, options, new AbortController().signal);
    const error = await rejectionOf(events[Symbol.asyncIterator]().next());
    expect([error.code, isExpired(error)]).toEqual([code, expired]);
  });
});
