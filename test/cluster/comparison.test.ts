import { describe, expect, it } from 'vitest';
import { comparisonText } from '../../src/cli/comparison-text.ts';
import { candidatesOf } from '../../src/cluster/compare-candidates.ts';
import { comparison, type Measured } from '../../src/cluster/comparison.ts';
import { versionOf } from '../../src/cluster/objects.ts';
import type { ClusterOutcome } from '../../src/cluster/outcome.ts';
import { StowageError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/oci/manifest.ts';
import { DIGEST, STATUS, versionWith } from './support/versions.ts';

const TITLE = 'org.opencontainers.image.title';

function layer(size: number, title?: string): Descriptor {
  const annotations = title === undefined ? {} : { annotations: { [TITLE]: title } };
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: DIGEST, size, ...annotations };
}

function built(status: object = {}): ClusterOutcome {
  const version = versionOf(versionWith({ ...STATUS.ready, startTime: '2026-03-01T12:00:00Z', ...status }));
  return { kind: 'ModelVersion', namespace: 'team-a', name: 'bert-v3', result: 'built', version };
}

const OURS = [
  layer(500),
  layer(4000, 'a.safetensors.tar'),
  layer(300, 'files-1.tar'),
  layer(15, 'kubedl-model.tar'),
];
const stream: Measured = { builder: 'stream', outcome: built(), memory: 130e6, layers: OURS };
const kaniko: Measured = {
  builder: 'kaniko',
  outcome: built({ bytes: { source: 900 }, finishTime: '2026-03-01T12:01:00Z' }),
  memory: 'it takes a right.',
  layers: [layer(500), layer(4100)],
};
const refused = new StowageError('PolicyDenied', 'not kaniko', { hint: 'ask' });

describe('a comparison', () => {
  it('tells of each builder what is known, and of what is not why', () => {
    expect(comparison([stream, kaniko])).toMatchObject({
      contenders: [
        {
          ...{ builder: 'stream', digest: DIGEST, seconds: 5, memory: 130e6 },
          ...{ read: 900, sent: 600, reused: 400, size: 4815, layers: 4 },
          changed: { least: 300, most: 4000 },
        },
        { builder: 'kaniko', seconds: 60, size: 4600, layers: 2, changed: { least: 4100, most: 4100 } },
      ],
      notes: [
        expect.stringMatching(/^stream sends what is new/) as string,
        expect.stringMatching(/^kaniko sends all of it again/) as string,
        'kaniko, memory: it takes a right.',
      ],
    });
  });

  it('tells why there is no image', () => {
    const outcome: ClusterOutcome = { ...built(), result: 'failed', error: refused };
    const found = comparison([stream, { ...kaniko, outcome, layers: [] }]);
    expect(found.contenders[1]).toEqual({ builder: 'kaniko', error: refused });
    expect(found.notes.join('\n')).not.toContain('kaniko');
  });

  it('tells why the layers are not known', () => {
    const unreachable = new StowageError('RegistryUnreachable', 'nobody there');
    const found = comparison([{ ...stream, layers: unreachable }]);
    expect(found.notes).toContain('stream, layers: nobody there');
    expect(found.contenders[0]).not.toHaveProperty('changed');
  });

  it('is a table', () => {
    expect(comparisonText(comparison([stream, kaniko]))).toMatchInlineSnapshot(`
      "                                  STREAM    KANIKO
      Time                              5 s       1 min
      Memory, peak                      124 MiB   –
      Read                              900 B     –
      Sent                              600 B     –
      Reused                            400 B     –
      Image                             4.7 KiB   4.5 KiB
      Layers                            4         2
      New if a file changes, at least   300 B     4.0 KiB
      at most                           3.9 KiB   4.0 KiB

      IMAGE
      stream   registry.example.com/team-a/bert:v3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      kaniko   registry.example.com/team-a/bert:v3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

      kaniko took 12.0 times as long as stream.

      - stream sends what is new where the tag stays the same (overwrite: true); under a new tag it sends all, and the registry keeps one copy of what it has.
      - kaniko sends all of it again, and does not tell what it reads and sends.
      - kaniko, memory: it takes a right.
      "
    `);
  });

  it('is a table of one where the other failed', () => {
    const outcome: ClusterOutcome = { ...built(), result: 'failed', error: refused };
    const text = comparisonText(comparison([stream, { ...kaniko, outcome, layers: [] }]));
    expect(text).toMatch(/\nTime +5 s +–\n/);
    expect(text).not.toContain('times as long');
  });
});

describe('the versions of a comparison', () => {
  const version = versionOf(versionWith());

  it('are new ones of a new Model, one for each builder', () => {
    expect(candidatesOf(version, 'c0ffee')).toMatchObject([
      {
        builder: 'stream',
        version: {
          metadata: { name: 'bert-v3-compare-c0ffee-stream', namespace: 'team-a' },
          spec: {
            modelName: 'bert-compare-c0ffee',
            imageTag: 'v3-compare-c0ffee-stream',
            builder: 'stream',
            overwrite: false,
          },
        },
      },
      { builder: 'kaniko', version: { spec: { imageTag: 'v3-compare-c0ffee-kaniko', builder: 'kaniko' } } },
    ]);
  });

  it('take nothing over but the namespace and what is wanted', () => {
    const [first] = candidatesOf(
      { ...version, metadata: { ...version.metadata, annotations: { a: 'b' } } },
      'x',
    );
    expect(Object.keys(first?.version.metadata ?? {})).toEqual(['name', 'namespace']);
    expect(first?.version).not.toHaveProperty('status');
  });

  it('have names and tags that are not too long', () => {
    const long = {
      ...version,
      metadata: { name: 'a'.repeat(253) },
      spec: { ...version.spec, imageTag: 'b'.repeat(128) },
    };
    for (const { version: made } of candidatesOf(long, 'c0ffee')) {
      expect(made.metadata.name.length).toBeLessThanOrEqual(253);
      expect(made.spec.imageTag?.length).toBeLessThanOrEqual(128);
    }
  });
});
