import { describe, expect, it } from 'vitest';
import { needlessness, request } from '../../src/cluster/request.ts';
import { KEY, never, putVersion, remoteServer, VERSIONS_PATH } from './support/remote.ts';
import { STATUS, versionWith } from './support/versions.ts';

describe('a request', () => {
  it.each([
    ['retry', STATUS.failed, undefined],
    ['retry', STATUS.retrying, undefined],
    ['retry', STATUS.refused, 'resumes'],
    ['retry', STATUS.building, 'running'],
    ['retry', STATUS.queued, 'running'],
    ['retry', undefined, 'running'],
    ['retry', STATUS.ready, 'ready'],
    ['cancel', STATUS.building, undefined],
    ['cancel', STATUS.queued, undefined],
    ['cancel', STATUS.retrying, undefined],
    ['cancel', undefined, undefined],
    ['cancel', STATUS.failed, 'ended'],
    ['cancel', STATUS.ready, 'ready'],
  ] as const)('to %s is made where it makes sense', (name, status, needless) => {
    expect(needlessness(versionWith(status), name)).toBe(needless);
  });

  it.each([
    ['retry', STATUS.failed],
    ['cancel', STATUS.building],
  ] as const)('to %s is an annotation with a token that is new each time', async (name, status) => {
    const { server, remote } = await remoteServer();
    putVersion(server, status, { annotations: { kept: 'yes' } });
    const tokens = [await request(remote, KEY, name, never), await request(remote, KEY, name, never)];
    const { annotations } = server.store(VERSIONS_PATH).get('team-a/bert-v3')?.metadata ?? {};
    expect(annotations).toEqual({
      kept: 'yes',
      [`model.kubedl.io/${name}`]: expect.stringMatching(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-[0-9a-f]{6}$/,
      ) as string,
    });
    expect(tokens[0]).not.toEqual(tokens[1]);
  });

  it('about nothing is an error', async () => {
    const { remote } = await remoteServer();
    await expect(request(remote, KEY, 'retry', never)).rejects.toMatchObject({ code: 'ObjectNotFound' });
  });
});
