import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/controller/refusal.ts';
import { statusOf } from '../../src/kube/api-status.ts';
import { KubeError } from '../../src/kube/kube-error.ts';

function refused(code: number, message: string, causes: { reason: string }[] = []): KubeError {
  const asked = { verb: 'create', what: 'pods "x" in team-a', host: 'api' };
  return new KubeError(asked, statusOf({ kind: 'Status', code, message, details: { causes } }, code));
}

/** As Kubernetes 1.37 says it. */
const SAID: [string, KubeError, string | undefined, boolean | undefined][] = [
  [
    'Pod Security',
    refused(403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'),
    'AdmissionDenied',
    false,
  ],
  [
    'a webhook',
    refused(400, 'admission webhook "policy.example.com" denied the request: no'),
    'AdmissionDenied',
    false,
  ],
  [
    'a validating policy',
    refused(422, "ValidatingAdmissionPolicy 'x' denied request: no"),
    'AdmissionDenied',
    false,
  ],
  [
    'a quota',
    refused(
      403,
      'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    ),
    'QuotaExceeded',
    true,
  ],
  [
    'a quota that wants limits',
    refused(403, 'pods "x" is forbidden: failed quota: q: must specify limits.cpu'),
    'QuotaExceeded',
    true,
  ],
  [
    'a namespace that was just made',
    refused(
      403,
      'pods "x" is forbidden: error looking up service account a/default: serviceaccount "default" not found',
    ),
    'AdmissionDenied',
    true,
  ],
  [
    'a namespace that goes',
    refused(403, 'pods "x" is forbidden: unable to create new content', [{ reason: 'NamespaceTerminating' }]),
    'NamespaceTerminating',
    true,
  ],
  [
    'the authorizer, which is no word about the build',
    refused(
      403,
      'pods is forbidden: User "system:serviceaccount:stowage-system:stowage" cannot create resource "pods" in API group "" in the namespace "team-a"',
    ),
    undefined,
    undefined,
  ],
  ['a conflict', refused(409, 'the object has been modified'), undefined, undefined],
  ['a server in trouble', refused(500, 'failed calling webhook "x"'), undefined, undefined],
];

describe('a refusal of', () => {
  it.each(SAID)('%s', (_, error, code, retryable) => {
    const refusal = refusalOf(error);
    expect([refusal?.code, refusal?.retryable]).toEqual([code, retryable]);
    if (refusal !== undefined && code !== 'NamespaceTerminating') expect(refusal.message).toBe(error.message);
  });

  it('nobody is none', () => {
    expect(refusalOf(new Error('x'))).toBeUndefined();
  });
});
