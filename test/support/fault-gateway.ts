import { once } from 'node:events';
import { createServer, request as requestTo, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Step } from './fault-registry/faults.ts';
import { routeOf } from './fault-registry/routes.ts';

/** What goes wrong with one request to a real registry. */
export interface GatewayFault {
  readonly step: Step;
  /**
   * `reset` and `stall`: what was read of the body until then is passed on, then the connection is reset, or nothing
   * happens any more. A number: an answer with that status.
   */
  readonly kind: 'reset' | 'stall' | number;
  /** Where: before the registry hears of it, after half of the body, or when the registry has answered. */
  readonly when: 'start' | 'middle' | 'end';
}

/** An HTTP proxy before a registry that knows what requests are for. */
export interface FaultGateway {
  /** `127.0.0.1:12345` */
  readonly host: string;
  /** The next requests of the step fail. */
  fail(fault: GatewayFault, times: number): void;
  /** How many faults have happened. */
  readonly failed: number;
}

/** Starts a gateway that ends with the running test. */
export async function faultGateway(registry: string): Promise<FaultGateway> {
  const waiting: GatewayFault[] = [];
  let failed = 0;
  const server = createServer((request, response) => {
    const { step } = routeOf(request);
    const at = waiting.findIndex((each) => each.step === step);
    const [fault] = at === -1 ? [] : waiting.splice(at, 1);
    if (fault !== undefined) failed += 1;
    pass({ request, response, registry, fault }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (fault, times) => waiting.push(...Array.from({ length: times }, () => fault)),
    get failed() {
      return failed;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly registry: string;
  readonly fault: GatewayFault | undefined;
}

async function pass(exchange: Exchange): Promise<void> {
  const { request, response, registry, fault } = exchange;
  if (fault?.when === 'start') {
    happen(exchange, fault);
    return;
  }
  const { method, url, headers } = request;
  const upstream = requestTo(`http://${registry}${url ?? ''}`, { method, headers, agent: false });
  const answered = once(upstream, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => response.destroy());
  const half = fault?.when === 'middle' ? Number(headers['content-length'] ?? 0) / 2 : Infinity;
  let passed = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    passed += chunk.length;
    if (!upstream.write(chunk)) await once(upstream, 'drain');
    if (passed < half) continue;
    upstream.destroy();
    happen(exchange, fault!);
    return;
  }
  upstream.end();
  const [answer] = await answered;
  if (fault !== undefined) {
    answer.resume();
    happen(exchange, fault);
    return;
  }
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  answer.pipe(response);
}

function happen({ request, response }: Exchange, { kind }: GatewayFault): void {
  if (kind === 'reset') request.socket.resetAndDestroy();
  if (typeof kind !== 'number') return;
  const errors = [{ code: 'UNKNOWN', message: 'scripted' }];
  response.writeHead(kind, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
}
