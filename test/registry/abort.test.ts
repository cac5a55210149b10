import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { StowageError } from '../../src/errors.ts';
import { Http } from '../../src/registry/http.ts';

it('a request whose connection is still being made ends when it is given up', async () => {
  // A server that answers no SYN: nobody ever calls back.
  const agent = new Agent({ connect: () => undefined });
  const http = new Http({ dispatcher: agent });
  const stop = new AbortController();
  const request = { method: 'GET', url: new URL('http://registry.example.com/v2/'), within: 60_000 } as const;
  const answer = http.send({ ...request, signal: stop.signal });
  stop.abort(new StowageError('Cancelled', 'enough'));
  await expect(answer).rejects.toMatchObject({ code: 'Cancelled' });
});
