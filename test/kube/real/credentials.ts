import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isForbidden, isNamespaceTerminating, isUnauthorized } from '../../../src/kube/kube-error.ts';
import { findCluster } from '../../../src/kube/kubeconfig.ts';
import { tempDir } from '../../support/tempdir.ts';
import { rejectionOf } from '../../support/thrown.ts';
import { clientOf, THINGS } from '../support/client.ts';
import { until } from '../support/until.ts';
import { NAMESPACES } from './kinds.ts';
import type { Stage } from './stage.ts';

export function credentials(stage: () => Stage): void {
  it('are a client certificate', async () => {
    const { certificates } = stage().plane.access;
    const cluster = await stage().custom(
      { 'certificate-authority': certificates.authority.cert },
      {
        'client-certificate': certificates.kubeletClient.cert,
        'client-key': certificates.kubeletClient.key,
      },
    );
    expect((await clientOf(cluster).get(NAMESPACES, { name: 'default' })).metadata.name).toBe('default');
  });

  it('are refused when they are wrong, and when they lack a right', async () => {
    const { certificates, credentials: known } = stage().plane.access;
    const authority = { 'certificate-authority': certificates.authority.cert };
    const stranger = clientOf(await stage().custom(authority, { token: 'wrong' }));
    expect(isUnauthorized(await rejectionOf(stranger.list(NAMESPACES)))).toBe(true);
    const scheduler = clientOf(await stage().custom(authority, { token: known.tokens.scheduler }));
    const key = { namespace: 'default', name: 'x' };
    const error = await rejectionOf(scheduler.create(THINGS, { metadata: key }));
    expect([isForbidden(error), isNamespaceTerminating(error)]).toEqual([true, false]);
    expect(error.hint).toBe('see: kubectl auth can-i create configmaps');
  });

  it('act for somebody else, with no more rights than that', async () => {
    const { certificates, credentials: known } = stage().plane.access;
    const authority = { 'certificate-authority': certificates.authority.cert };
    const user = { token: known.tokens.admin, as: 'ann', 'as-groups': ['team-a', 'team-b'] };
    const error = await rejectionOf(clientOf(await stage().custom(authority, user)).list(NAMESPACES));
    expect(error.message).toContain('User "ann" cannot list');
  });

  it('are not shown to a server that is not trusted', async () => {
    const requests: string[] = [];
    const cluster = await stage().custom(
      { 'certificate-authority-data': '' },
      { token: stage().plane.access.credentials.tokens.admin },
    );
    const error = await rejectionOf(
      clientOf(cluster, { onRequest: ({ verb }) => requests.push(verb) }).list(NAMESPACES),
    );
    expect(error).toMatchObject({ code: 'ClusterUnreachable', retryable: false });
    expect(error.message).toContain('cannot be trusted');
    expect(requests).toHaveLength(1);
  });

  it('of a pod are read again when they have changed', async () => {
    const { api, namespace } = await stage().start();
    const serviceAccount = await tempDir();
    await stage().kubectl('create', 'serviceaccount', 'pod', '-n', namespace);
    await stage().kubectl(
      'create',
      'role',
      'reader',
      '-n',
      namespace,
      '--verb=list',
      '--resource=configmaps',
    );
    const binding = ['--role=reader', `--serviceaccount=${namespace}:pod`];
    await stage().kubectl('create', 'rolebinding', 'reader', '-n', namespace, ...binding);
    const token = (): Promise<string> => stage().kubectl('create', 'token', 'pod', '-n', namespace);
    await copyFile(stage().plane.access.certificates.authority.cert, join(serviceAccount, 'ca.crt'));
    await writeFile(join(serviceAccount, 'namespace'), namespace);
    await writeFile(join(serviceAccount, 'token'), await token());
    const env = {
      KUBERNETES_SERVICE_HOST: stage().plane.url.hostname,
      KUBERNETES_SERVICE_PORT: stage().plane.url.port,
    };
    const cluster = await findCluster({ env, serviceAccount });
    expect(cluster.namespace).toBe(namespace);
    const pod = clientOf(cluster);
    const works = (): Promise<boolean> =>
      pod.list(THINGS, { namespace }).then(
        () => true,
        () => false,
      );
    await until('the right is known', works);
    await stage().kubectl('delete', 'serviceaccount', 'pod', '-n', namespace);
    await until('the old token is refused', async () => !(await works()));
    await stage().kubectl('create', 'serviceaccount', 'pod', '-n', namespace);
    await writeFile(join(serviceAccount, 'token'), await token());
    await until('the new token is used', works);
    expect((await api.list(THINGS, { namespace })).items).toEqual([]);
  });
}
