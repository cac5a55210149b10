import { describe, expect, it } from 'vitest';
import { kanikoEnd } from '../../../src/builders/kaniko/kaniko-end.ts';
import type { ErrorCode } from '../../../src/errors.ts';

/** The steps before, as they stand in every log. */
const STEPS = [
  'time="2026-11-24T23:33:05Z" level=info msg="No base image, nothing to extract"',
  'time="2026-11-24T23:33:05Z" level=info msg="Retrieving image r.example.com/denied:1 from registry r.example.com"',
  'time="2026-11-24T23:33:05Z" level=info msg="COPY build/ /models/"',
  '',
].join('\n');

const CHECKING =
  'error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "r.example.com/x/ok:1": ';
const BUILDING = 'error building image: ';
const PUSHING = 'error pushing image: failed to push to destination r.example.com/x/ok:1: ';

/** As v1.25 says it, all but those of disks and of registries in trouble seen in a cluster. */
const SAID: [string, string, ErrorCode, boolean][] = [
  [
    'no credentials',
    `${CHECKING}POST http://r.example.com/v2/x/ok/blobs/uploads/: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:x/ok Type:repository]]`,
    'RegistryAuth',
    false,
  ],
  [
    'a repository of others',
    `${CHECKING}POST https://r.example.com/v2/x/ok/blobs/uploads/: DENIED: requested access to the resource is denied`,
    'RegistryAuth',
    false,
  ],
  [
    'nobody there',
    `${CHECKING}creating push check transport for r.example.com failed: Get "https://r.example.com/v2/": dial tcp 198.18.0.1:1: connect: connection refused`,
    'RegistryUnreachable',
    true,
  ],
  [
    'an unknown name',
    `${CHECKING}creating push check transport for nowhere.invalid failed: Get "https://nowhere.invalid/v2/": dial tcp: lookup nowhere.invalid on 10.0.0.10:53: no such host`,
    'RegistryUnreachable',
    true,
  ],
  [
    'a certificate of strangers',
    `${CHECKING}creating push check transport for r.example.com failed: Get "https://r.example.com/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    'TlsUntrusted',
    false,
  ],
  [
    'no TLS',
    `${CHECKING}creating push check transport for r.example.com failed: Get "https://r.example.com/v2/": http: server gave HTTP response to HTTPS client`,
    'TlsUntrusted',
    false,
  ],
  [
    'no base',
    `${STEPS}${BUILDING}unable to complete operation after 0 attempts, last error: GET http://r.example.com/v2/no/base/manifests/1: MANIFEST_UNKNOWN: manifest unknown; unknown tag=1`,
    'BaseNotFound',
    false,
  ],
  [
    'a base of others',
    `${STEPS}${BUILDING}unable to complete operation after 0 attempts, last error: GET http://r.example.com/v2/no/base/manifests/1: UNAUTHORIZED: authentication required`,
    'RegistryAuth',
    false,
  ],
  [
    'no model',
    `${STEPS}${BUILDING}error building stage: failed to get files used from context: failed to get fileinfo for /workspace/build: lstat /workspace/build: no such file or directory`,
    'PathNotFound',
    false,
  ],
  [
    'a file that is another’s',
    `${STEPS}${BUILDING}error building stage: failed to execute command: copying dir: copying dir: open /workspace/build/b: permission denied`,
    'SourceUnreadable',
    true,
  ],
  [
    'a disk that breaks',
    `${STEPS}${BUILDING}error building stage: failed to execute command: copying dir: copying file: read /workspace/build/b: input/output error`,
    'SourceUnreadable',
    true,
  ],
  [
    'a full disk',
    `${STEPS}${BUILDING}error building stage: failed to execute command: copying dir: copying file: write /models/a.bin: no space left on device`,
    'OutOfDisk',
    true,
  ],
  [
    'a layer that is too large',
    `${STEPS}${PUSHING}PATCH https://r.example.com/v2/x/ok/blobs/uploads/1: unexpected status code 413 Request Entity Too Large`,
    'LayerTooLarge',
    false,
  ],
  [
    'a registry in trouble',
    `${STEPS}${PUSHING}PUT https://r.example.com/v2/x/ok/manifests/1: unexpected status code 503 Service Unavailable`,
    'RegistryFailed',
    true,
  ],
  [
    'a registry that counts',
    `${STEPS}${PUSHING}PUT https://r.example.com/v2/x/ok/manifests/1: TOOMANYREQUESTS: slow down`,
    'RegistryQuota',
    true,
  ],
  [
    'a connection that breaks',
    `${STEPS}${PUSHING}Patch "https://r.example.com/v2/x/ok/blobs/uploads/1": write tcp 10.0.0.2:1->10.0.0.3:443: write: broken pipe`,
    'RegistryUnreachable',
    true,
  ],
  [
    'a quota of Harbor',
    `${PUSHING}PUT https://r.example.com/v2/x/ok/manifests/1: DENIED: adding 4.1 GiB of storage resource, which when updated to current usage will exceed the configured upper limit of 4 GiB.`,
    'RegistryQuota',
    true,
  ],
  [
    'a disk of the registry',
    `${PUSHING}PATCH https://r.example.com/v2/x/ok/blobs/uploads/1: UNKNOWN: unknown error; map[Err:28 Op:write Path:/data: no space left on device]`,
    'RegistryFailed',
    true,
  ],
  [
    'a repository with an odd name',
    `${CHECKING}creating push check transport for r.example.com failed: Get "https://r.example.com/v2/quota/DENIED/": dial tcp 10.0.0.1:443: connect: connection refused`,
    'RegistryUnreachable',
    true,
  ],
  [
    'a tag with an odd name',
    'error pushing image: failed to push to destination r.example.com/quota/x:DENIED: Patch "https://r.example.com/v2/quota/x": EOF',
    'RegistryUnreachable',
    true,
  ],
  [
    'a proxy that waits no longer',
    `${PUSHING}Patch "https://r.example.com/v2/x/ok/blobs/uploads/1": context deadline exceeded`,
    'RegistryUnreachable',
    true,
  ],
  [
    'a page of a proxy that wants no more',
    `${STEPS}${PUSHING}PATCH https://r.example.com/v2/x/ok/blobs/uploads/1: unexpected status code 413 Request Entity Too Large: <html>\n<head><title>413</title></head>\n<body>\n<center><h1>413</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>`,
    'LayerTooLarge',
    false,
  ],
  [
    'a repository that is not there',
    `${CHECKING}POST https://r.example.com/v2/x/ok/blobs/uploads/: NAME_UNKNOWN: The repository with name 'x/ok' does not exist`,
    'RegistryNotFound',
    false,
  ],
  [
    'a file that has gone, with blanks in its name',
    `${STEPS}${BUILDING}error building stage: failed to execute command: copying dir: lstat /workspace/build/my model/a b.bin: no such file or directory`,
    'PathNotFound',
    false,
  ],
  ['steps alone', STEPS, 'BuilderFailed', true],
  ['something else', `${STEPS}panic: runtime error: index out of range`, 'BuilderFailed', true],
];

describe('what Kaniko dies of', () => {
  it.each(SAID)('%s', (_, message, code, retryable) => {
    const error = kanikoEnd({ exitCode: 1, reason: 'Error', message: `${message}\n` });
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.message).toContain(
      message
        .split('\n')
        .findLast((line) => line !== '')
        ?.slice(-100),
    );
  });

  it('is shown without secrets', () => {
    const message = `${PUSHING}Get "https://ann:hunter2@r.example.com/v2/": dial tcp: no such host`;
    expect(kanikoEnd({ exitCode: 1, message }).message).not.toContain('hunter2');
  });

  it.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, 'OutOfMemory', 'builder.kaniko.limits'],
    [{ exitCode: 0, message: 'sha256:short' }, 'BuilderFailed', 'builder.kaniko.image'],
    [{ exitCode: 1, message: 'unknown flag: --single-snapshot' }, 'BuilderFailed', 'builder.kaniko.image'],
  ])('has a hint for %j', (ended, code, hint) => {
    expect(kanikoEnd(ended)).toMatchObject({ code, hint: expect.stringContaining(hint) as string });
  });
});
