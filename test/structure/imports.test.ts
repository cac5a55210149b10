import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { circles, readImports, wrongImports } from './imports.ts';

const imports = readImports(fileURLToPath(new URL('../../src', import.meta.url)));

describe('imports in src', () => {
  it('go only down the order of the folders', () => {
    expect(imports.size).toBeGreaterThan(10);
    expect(wrongImports(imports)).toEqual([]);
  });

  it('name files that exist', () => {
    const missing = [...imports].flatMap(([file, used]) =>
      used.filter((other) => !imports.has(other)).map((other) => `${file}: ${other}`),
    );
    expect(missing).toEqual([]);
  });

  it('make no circles', () => {
    expect(circles(imports)).toEqual([]);
  });
});

describe('the check itself', () => {
  it.each([
    ['cli/main.ts', 'pack/pack.ts', true],
    ['pack/pack.ts', 'cli/main.ts', false],
    ['image/plan.ts', 'artifact/artifact.ts', true],
    ['artifact/walk.ts', 'image/plan.ts', false],
    ['registry/client.ts', 'layout/layout.ts', false],
    ['local/apply.ts', 'controller/run.ts', false],
    ['storage/kinds.ts', 'api/modelversion.ts', true],
    ['oci/digest.ts', 'errors.ts', true],
    ['telemetry/log.ts', 'errors.ts', true],
    ['telemetry/log.ts', 'api/modelversion.ts', false],
    ['pack/pack.ts', 'telemetry/progress.ts', true],
    ['errors.ts', 'oci/digest.ts', false],
    ['pack/pack.ts', '../scripts/generate.ts', false],
    ['pack/pack.ts', 'novelty/thing.ts', false],
  ])('%s importing %s is allowed: %s', (file, used, allowed) => {
    expect(wrongImports(new Map([[file, [used]]])).length === 0).toBe(allowed);
  });

  it('finds a circle of three files and of one', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['a.ts']],
      ['d.ts', ['d.ts', 'a.ts']],
    ]);
    expect(circles(graph)).toEqual([
      ['a.ts', 'b.ts', 'c.ts', 'a.ts'],
      ['d.ts', 'd.ts'],
    ]);
  });
});
