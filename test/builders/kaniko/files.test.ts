import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { builders } from '../../../src/builders/builders.ts';
import { SETTINGS, TASK } from '../task.ts';

const filesOf = (...[task, settings]: Parameters<typeof builders.kaniko.files>) =>
  builders.kaniko.files(task, settings) ?? {};

describe('what Kaniko builds from', () => {
  it('is a Dockerfile that makes the layout of our images, without a shell', () => {
    expect(filesOf(TASK, SETTINGS)['Dockerfile']).toBe(
      [
        'FROM scratch',
        'LABEL model.kubedl.io/version-uid="0b5d1f6e-1111-2222-3333-444455556666"',
        'COPY build/ /models/',
        'ADD link.tar /',
        '',
      ].join('\n'),
    );
  });

  it('has the base that is wanted', () => {
    const files = filesOf({ ...TASK, base: 'example.com/busybox:1' }, SETTINGS);
    expect(files['Dockerfile']).toMatch(
      /^FROM example\.com\/busybox:1\n[^]*\nUSER 0\nENTRYPOINT \[\]\nCMD \[\]\n$/,
    );
  });

  it("has KubeDL's link in a tar that others read", () => {
    const input = Buffer.from(filesOf(TASK, SETTINGS)['link.tar'] ?? '');
    const listed = execFileSync('tar', ['-tvf', '-'], { input }).toString();
    expect(listed).toMatch(/^lrwxrwxrwx 0\/0 +0 1970-01-01 00:00 kubedl-model -> models\n$/);
  });

  it('has the authorities to trust', () => {
    expect(filesOf(TASK, { ...SETTINGS, authorities: 'PEM' })).toMatchObject({ 'authorities.pem': 'PEM' });
  });
});
