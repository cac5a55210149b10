import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StowageError } from '../../src/errors.ts';
import { parseErrors } from '../../src/registry/refusal.ts';
import { blobSource, someBytes } from '../support/blob-sources.ts';
import { faultRegistry, type Fault } from '../support/fault-registry.ts';
import { openClient } from '../support/open-client.ts';
import { rejectionOf } from '../support/thrown.ts';

describe('parseErrors', () => {
  it.each([
    ['{"errors":[{"code":"DENIED","message":"no access"}]}', ['DENIED'], 'DENIED: no access'],
    ['{"errors":[{"code":"A","message":"b"},{"code":"C"}]}', ['A', 'C'], 'A: b; C'],
    ['{"errors":[{"message":"only this","detail":{"a":1}}]}', [''], 'only this'],
    ['{"errors":[{"code":null,"message":null}]}', [''], ''],
    ['{"errors":[]}', [], '{"errors":[]}'],
    ['{"errors":"broken"}', [], '{"errors":"broken"}'],
    ['denied\r\n\tby policy ', [], 'denied by policy'],
    ['\u001b[31mred\u001b[0m \u202egnisrever', [], '[31mred [0m gnisrever'],
    ['<html><head><title>413 Request Entity Too Large</title></head>', [], '413 Request Entity Too Large'],
    ['<?xml version="1.0"?><Error/>', [], ''],
    ['', [], ''],
  ])('reads %j', (body, codes, text) => {
    expect(parseErrors(body)).toEqual({ codes, text });
  });

  it('keeps to one printable line of bearable length, whatever is said', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 2000, size: 'max' }));
    const documents = texts.map((message) => JSON.stringify({ errors: [{ code: 'X', message }] }));
    fc.assert(
      fc.property(fc.oneof(texts, documents, fc.json()), (body) => {
        expect(parseErrors(body).text).toMatch(/^[^\p{C}]{0,401}$/u);
      }),
    );
  });
});

describe('what a user is told', () => {
  const told = async (fault: Partial<Fault & { kind: 'status' }>): Promise<StowageError> => {
    const registry = (await faultRegistry()).fail('POST', { kind: 'status', status: 400, ...fault });
    const client = await openClient(registry.host, 'team/bert');
    const source = blobSource(someBytes(10), { name: 'model.tar' });
    return rejectionOf(client.writeBlob(source, { signal: new AbortController().signal }));
  };

  it.each<[Partial<Fault & { kind: 'status' }>, RegExp]>([
    [{ status: 403 }, /^there are no credentials for .*; log in with: docker login 127\.0\.0\.1:\d+$/],
    [{ status: 404, code: 'NAME_UNKNOWN' }, /^is team\/bert spelled right\?/],
    [{ status: 413 }, /max_shard_size/],
    [{ status: 405, code: 'UNSUPPORTED' }, /read-only mirror/],
    [{ body: 'Client sent an HTTP request to an HTTPS server.\n' }, /speaks HTTPS/],
    [
      { body: '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title>' },
      /speaks HTTPS/,
    ],
  ])('of %j', async (fault, hint) => {
    const error = await told(fault);
    expect(error.hint).toMatch(hint);
    expect(error.message).toMatch(
      /^127\.0\.0\.1:\d+ refused to store "model\.tar" in 127\.0\.0\.1:\d+\/team\/bert \(\d{3}/,
    );
  });

  it('holds no secret, even where the registry repeats one', async () => {
    const message =
      'bad header Authorization: Bearer abcdefghijklmnop, see https://ann:s3cret@r.example.com/?sig=s3cret';
    const error = await told({ message });
    expect(error.message).toContain('bad header Authorization');
    expect(error.message).not.toMatch(/abcdefghijklmnop|s3cret/);
  });

  it('does not wait for an error document that never ends', async () => {
    const error = await told({ status: 403, body: 'x'.repeat(300_000) });
    expect(error.message.length).toBeLessThan(600);
  });
});
