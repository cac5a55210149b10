import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import type { Target } from '../../src/oci/target.ts';
import { TIMEOUTS } from '../../src/registry/transport.ts';
import { blobSource, someBytes, type WatchedSource } from '../support/blob-sources.ts';
import { faultGateway, type GatewayFault } from '../support/fault-gateway.ts';
import { startFaultRegistry, type Step } from '../support/fault-registry.ts';
import { openClient, FAST_RETRY } from '../support/open-client.ts';
import { pushImage } from '../support/push.ts';
import { startDistribution, startGgcrRegistry } from '../support/registries.ts';
import { describeWith } from '../support/tools.ts';

const NEVER = new AbortController().signal;
const LAYER_BYTES = 400_000;
/** undici looks at its clock once a second, so a case with a stall takes that long. */
const IMPATIENT = { ...TIMEOUTS, answer: 100, transfer: 100, finalise: 100 };
/** Slow enough that a real registry has settled between two questions. */
const RETRY = { ...FAST_RETRY, firstDelay: 20 };

interface Server {
  readonly host: string;
  stop(): Promise<void>;
}

/** Each with the program that it needs, if any. */
const servers: readonly [string, string | undefined, () => Promise<Server>][] = [
  ['distribution', 'distribution-registry', startDistribution],
  ["go-containerregistry's registry", 'ggcr-registry', startGgcrRegistry],
  ['the fault registry', undefined, startFaultRegistry],
  ['the fault registry that cannot go on', undefined, () => startFaultRegistry({ uploads: { ask: 404 } })],
];
const ways: readonly [string, { chunkBytes?: number }][] = [
  ['in one request', {}],
  ['in chunks', { chunkBytes: 150_000 }],
];
const steps = ['POST', 'PATCH', 'PUT', 'blob HEAD', 'manifest PUT', 'GET'] as const;
const kinds = ['reset', 'stall', 500, 503, 429, 401] as const;

/** A HEAD is only sent behind a PUT that failed, a question how far an upload is behind a PATCH that broke. */
const LED_TO_BY: Partial<Record<Step, GatewayFault>> = {
  'blob HEAD': { step: 'PUT', kind: 'reset', when: 'start' },
  GET: { step: 'PATCH', kind: 'reset', when: 'middle' },
};

function faultsOf(kind: GatewayFault['kind']): GatewayFault[] {
  return steps.flatMap((step) => {
    const whens = step === 'PATCH' ? (['start', 'middle', 'end'] as const) : (['start', 'end'] as const);
    return whens.map((when) => ({ step, kind, when }));
  });
}

for (const [name, program, start] of servers) {
  const title = `an upload to ${name}`;
  if (program === undefined) describe(title, () => matrix(start));
  else describeWith([program], title, () => matrix(start));
}

function matrix(start: () => Promise<Server>): void {
  let server: Server;
  beforeAll(async () => (server = await start()));
  afterAll(() => server.stop());

  describe.each(ways)('%s', (way, options) => {
    it.each(kinds)('ends well, or with nothing tagged, at each step with a fault: %s', async (kind) => {
      let cases = 0;
      const check = async (fault: GatewayFault, times: number): Promise<void> => {
        const what = `${fault.step} ${fault.when} ${times} times`;
        const repository = `${way.replaceAll(' ', '-')}/${kind}/${++cases}`;
        const gateway = await faultGateway(server.host);
        const ledTo = LED_TO_BY[fault.step];
        if (ledTo !== undefined) gateway.fail(ledTo, 1);
        gateway.fail(fault, times);
        const patience = { timeouts: IMPATIENT, retry: RETRY };
        const client = await openClient(gateway.host, repository, { ...options, ...patience });
        const source = blobSource(someBytes(LAYER_BYTES, `${way} ${kind} ${what}`), { chunk: 90_000 });
        const failure = await pushImage(client, source, NEVER).then(
          () => undefined,
          (error: unknown) => error,
        );
        // Without a challenge nothing can be done about a 401.
        if (failure !== undefined && !(kind === 401 && failure instanceof StowageError))
          throw new Error(what, { cause: failure });
        expect([what, gateway.failed]).not.toEqual([what, 0]);
        await compare(await openClient(server.host, repository), source, what, failure === undefined);
      };
      await Promise.all(faultsOf(kind).flatMap((fault) => [check(fault, 1), check(fault, 2)]));
    });
  });
}

/** Whether a registry has what was pushed, or nothing that a tag points to. */
async function compare(target: Target, source: WatchedSource, what: string, pushed: boolean): Promise<void> {
  const tagged = await target.readManifest('v1', NEVER);
  // The answer to the last request may be lost when the tag is set already.
  if (!what.startsWith('manifest PUT')) expect([what, tagged !== undefined]).toEqual([what, pushed]);
  if (tagged === undefined) return;
  const layer = { mediaType: MEDIA.layer, digest: source.contentDigest, size: LAYER_BYTES };
  let size = 0;
  // Reading compares the digest.
  for await (const chunk of target.readBlob(layer, NEVER)) size += chunk.length;
  expect([what, size]).toEqual([what, LAYER_BYTES]);
}
