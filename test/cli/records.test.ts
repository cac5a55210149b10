import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Report } from '../../src/pack/report.ts';
import { runStowage } from '../support/stowage.ts';
import { tempDir } from '../support/tempdir.ts';

/** For Node: the files that were written by now are old enough to be believed. */
const A_MINUTE_LATER = '--import=data:text/javascript,const{now}=Date;Date.now=()=>now()+60000';

const VERSION = (path: string, name: string): string => `apiVersion: model.kubedl.io/v1alpha1
kind: ModelVersion
metadata: {name: ${name}}
spec:
  modelName: bert
  imageRepo: oci:${path}/images
  imageTag: ${name}
  storage: {localStorage: {path: ${path}/model}}
`;

it('remembers from one process to the next what was read, whichever verb built it', async () => {
  const root = await tempDir();
  const env = { STOWAGE_STATE: join(root, 'state'), NODE_OPTIONS: A_MINUTE_LATER };
  const model = join(root, 'model');
  mkdirSync(model);
  writeFileSync(join(model, 'config.json'), '{}');
  writeFileSync(join(model, 'vocab.txt'), 'a');
  const pack = async (tag: string, ...more: string[]): Promise<Report> => {
    const call = ['pack', model, '--to', `oci:${root}/images:${tag}`, '-o', 'json', ...more];
    const { code, stdout } = await runStowage(call, { env });
    expect(code).toBe(0);
    return JSON.parse(stdout) as Report;
  };
  const first = await pack('v1');
  expect(first.bytes).toMatchObject({ read: 3, reused: 0 });
  const second = await pack('v2');
  expect(second.bytes).toMatchObject({ read: 0, sent: 0, reused: first.size });
  expect([second.digest, second.record]).toEqual([first.digest, first.record]);
  const full = await pack('v2', '--verify-source', 'full');
  expect([full.bytes.read, full.bytes.sent]).toEqual([3, 0]);

  writeFileSync(join(root, 'v3.yaml'), VERSION(root, 'v3'));
  const applied = await runStowage(['apply', '-f', join(root, 'v3.yaml')], { env });
  expect(applied.code).toBe(0);
  expect(applied.stdout).toContain('recorded');
});

it('takes --verify-source for builds on this machine only', async () => {
  const root = await tempDir();
  writeFileSync(join(root, 'v1.yaml'), VERSION(root, 'v1'));
  const call = ['apply', '-f', join(root, 'v1.yaml'), '--kube', '--verify-source', 'full'];
  const { code, stderr } = await runStowage(call);
  expect(code).toBe(2);
  expect(stderr).toContain('spec.verifySource: full');
});
