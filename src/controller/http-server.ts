import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, StowageError } from '../errors.ts';

/** Probes and scrapes are small and quick; who is slower than this has gone away. Milliseconds. */
const REQUEST_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** The kubelet's probes and some scrapers; whoever holds more connections open is refused. */
const MAX_CONNECTIONS = 64;
/** How long answers that are under way may take when it is closed. Milliseconds. */
const GRACE_MS = 2_000;

/** What is answered. */
export interface HttpAnswers {
  /** Whether the caches are complete. */
  isReady(): boolean;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
}

export interface HttpServer {
  /** `host:port` */
  readonly address: string;
  /** Takes no more requests; those under way have a moment to be answered. */
  close(): Promise<void>;
}

/**
 * Answers /healthz (the process runs), /readyz (it knows the cluster) and /metrics, and nothing else.
 * @throws UsageInvalid where it cannot listen there
 */
export async function startHttpServer(
  { host, port }: { readonly host: string | undefined; readonly port: number },
  answers: HttpAnswers,
): Promise<HttpServer> {
  const options = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: MAX_HEADER_BYTES };
  const server = createServer(options, (request, response) => {
    answer(request, response, answers).catch((error: unknown) => {
      say(response, 500, `${messageOf(error)}\n`);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(REQUEST_MS);
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    const message = `cannot listen on ${host}:${port}: ${messageOf(error)}`;
    throw new StowageError('UsageInvalid', message, { cause: error });
  });
  const { address, port: given, family } = server.address() as AddressInfo;
  return {
    address: family === 'IPv6' ? `[${address}]:${given}` : `${address}:${given}`,
    close: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const patience = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(patience);
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  answers: HttpAnswers,
): Promise<void> {
  const [path] = url.split('?');
  if (method !== 'GET' && method !== 'HEAD') {
    // Whatever body it has is not read.
    response.shouldKeepAlive = false;
    say(response, 405, 'only GET is answered\n');
  } else if (path === '/healthz') {
    say(response, 200, 'ok\n');
  } else if (path === '/readyz') {
    if (answers.isReady()) say(response, 200, 'ok\n');
    else say(response, 503, 'the cluster is not known yet\n');
  } else if (path === '/metrics') {
    const { type, text } = await answers.metrics();
    say(response, 200, text, type);
  } else {
    say(response, 404, 'there are /healthz, /readyz and /metrics\n');
  }
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(text);
}
