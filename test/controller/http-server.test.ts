import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttpServer, type HttpAnswers } from '../../src/controller/http-server.ts';
import { openMetrics } from '../../src/telemetry/metrics.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

async function start(answers: Partial<HttpAnswers> = {}) {
  const metrics = openMetrics();
  const server = await startHttpServer(LOOPBACK, {
    isReady: () => true,
    metrics: () => metrics.text(),
    ...answers,
  });
  onTestFinished(() => server.close());
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://${server.address}${path}`, init);
  return { server, metrics, ask };
}

describe('the HTTP server of the controller', () => {
  it('says that it lives, and whether it is ready', async () => {
    let ready = false;
    const { ask } = await start({ isReady: () => ready });
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(503);
    ready = true;
    expect((await ask('/readyz?verbose')).status).toBe(200);
  });

  it('gives metrics that Prometheus reads', async () => {
    const { ask, metrics } = await start();
    metrics.buildFinished('failed', 'RegistryAuth');
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain(
      'stowage_builds_finished_total{result="failed",reason="RegistryAuth"} 1',
    );
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['GET', '//healthz', 404],
    ['HEAD', '/healthz', 200],
    ['POST', '/healthz', 405],
    ['DELETE', '/metrics', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { ask } = await start();
    expect((await ask(path, { method })).status).toBe(status);
  });

  it('goes on where metrics fail', async () => {
    const { ask } = await start({ metrics: () => Promise.reject(new Error('no metrics')) });
    expect((await ask('/metrics')).status).toBe(500);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('refuses headers without end', async () => {
    const { ask } = await start();
    expect((await ask('/healthz', { headers: { long: 'x'.repeat(10_000) } })).status).toBe(431);
  });

  it('says where it cannot listen', async () => {
    const { server } = await start();
    const port = Number(server.address.split(':')[1]);
    const again = startHttpServer({ host: '127.0.0.1', port }, { isReady: () => true, metrics: none });
    await expect(again).rejects.toMatchObject({ code: 'UsageInvalid', message: /EADDRINUSE/ });
  });

  it('finishes an answer that is under way when it closes, and cuts off who says nothing', async () => {
    const asked = Promise.withResolvers<undefined>();
    const given = Promise.withResolvers<undefined>();
    const { server, ask } = await start({
      metrics: async () => {
        asked.resolve(undefined);
        await given.promise;
        return none();
      },
    });
    const silent = connect(Number(server.address.split(':')[1]), '127.0.0.1');
    await once(silent, 'connect');
    const response = ask('/metrics');
    await asked.promise;
    const [closed, cut] = [server.close(), once(silent, 'close')];
    given.resolve(undefined);
    expect((await response).status).toBe(200);
    await Promise.all([closed, cut]);
    await expect(ask('/healthz')).rejects.toThrow();
  });
});

function none(): ReturnType<HttpAnswers['metrics']> {
  return Promise.resolve({ type: 'text/plain', text: '' });
}
