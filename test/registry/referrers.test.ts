import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA } from '../../src/oci/manifest.ts';
import { openClient } from '../support/open-client.ts';

const SUBJECT = digestOf(Buffer.from('an image'));
const OURS = 'application/vnd.example.ours';
const entry = (name: string, artifactType: string): object => ({
  ...{ mediaType: MEDIA.manifest, digest: digestOf(Buffer.from(name)), size: 3, artifactType },
});

/** A registry that gives the list in pages, with ours on the last one. @returns its host, and how often it was asked */
async function paged(linkOf: (page: number) => string | undefined, pages = 3) {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry.example.com');
    if (!url.pathname.includes('/referrers/')) return void response.writeHead(404).end();
    asked.push(url.pathname + url.search);
    const page = Number(url.searchParams.get('page') ?? 1);
    const link = linkOf(page);
    if (link !== undefined) response.setHeader('link', link);
    const manifests = [entry(`signature ${page}`, 'application/vnd.example.signature')];
    if (page === pages) manifests.push(entry('record', OURS));
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
    return void response.writeHead(200, { 'content-type': MEDIA.index }).end(body);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { host: `127.0.0.1:${(http.address() as AddressInfo).port}`, asked };
}

async function listed(host: string): Promise<readonly { digest: string }[]> {
  const target = await openClient(host, 'team/model');
  return target.listReferrers(SUBJECT, OURS, AbortSignal.timeout(20_000));
}

const next = (page: number): string => `</v2/team/model/referrers/${SUBJECT}?page=${page + 1}>; rel="next"`;

describe('the list of what is about an image', () => {
  it('is read to its last page', async () => {
    const { host, asked } = await paged((page) => (page < 3 ? next(page) : undefined));
    expect(await listed(host)).toMatchObject([{ digest: digestOf(Buffer.from('record')) }]);
    expect(asked).toHaveLength(3);
  });

  it('does not go on for ever', async () => {
    const { host, asked } = await paged(next, Infinity);
    expect(await listed(host)).toEqual([]);
    expect(asked).toHaveLength(20);
  });

  it.each([
    '<http://other.example.com/next>; rel="next"',
    '<http://>; rel="next"',
    'nonsense',
    '</x>; rel="prev"',
  ])('ends where the next page is nowhere in the registry: %s', async (link) => {
    const { host, asked } = await paged(() => link);
    expect(await listed(host)).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});
