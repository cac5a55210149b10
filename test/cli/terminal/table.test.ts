import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderShortTable, renderTable, renderTextTable } from '../../../src/cli/terminal/table.ts';
import { widthOf } from '../../../src/telemetry/text.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('renderTable', () => {
  it('aligns columns without borders or blanks at the end', () => {
    const rows = [
      ['bert-v3', 'True', '4.9 GiB'],
      ['模型', 'ArtifactTruncated', ''],
    ];
    expect(renderTable(['NAME', 'READY', 'SIZE'], rows).split('\n')).toEqual([
      'NAME      READY               SIZE',
      'bert-v3   True                4.9 GiB',
      '模型      ArtifactTruncated',
    ]);
  });

  it('shows titles alone, and rows that lack cells or have too many', () => {
    expect(renderTable(['A', 'B'], [])).toBe('A   B');
    expect(renderTable(['A', 'B'], [['1'], ['1', '2', '3']])).toBe('A   B\n1\n1   2');
  });

  it('escapes control characters, so that a row stays a row', () => {
    expect(renderTable(['NAME'], [['a\n\x1b[2Jb']])).toBe('NAME\na\\n\\x1b[2Jb');
  });

  it('cuts the widest columns in the middle where there is no room', () => {
    const table = renderTable(
      ['LAYER', 'SIZE', 'DIGEST'],
      [['model.safetensors.tar', '4.9 GiB', digest]],
      60,
    );
    expect(table.split('\n')).toEqual([
      'LAYER                   SIZE      DIGEST',
      'model.safetensors.tar   4.9 GiB   sha256:01234…3456789abcdef',
    ]);
  });

  it('cuts no column below eight', () => {
    const [, row] = renderTable(['A', 'B'], [['a'.repeat(30), 'b'.repeat(30)]], 5).split('\n');
    expect(row).toBe('aaa…aaaa   bbb…bbbb');
  });

  it('keeps to the width wherever that leaves each column eight', () => {
    const row = fc.array(fc.string({ maxLength: 40 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 41, max: 120 }), (rows, columns) => {
        const lines = renderTable(['A', 'B', 'C', 'D'], rows, columns).split('\n');
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('renderShortTable', () => {
  const titles = ['NAME', 'IMAGE'];
  const rows = [['bert', `registry.example.com/bert:v3@${digest}`]];

  it.each([
    ['nothing where all of it fits', Infinity, renderTable(titles, rows)],
    ['digests first', 60, 'NAME   IMAGE\nbert   registry.example.com/bert:v3'],
    ['the middle of what is still too long', 24, 'NAME   IMAGE\nbert   registry…/bert:v3'],
  ])('leaves out %s', (_, columns, expected) => {
    expect(renderShortTable(titles, rows, columns)).toBe(expected);
  });
});

describe('renderTextTable', () => {
  const rows = [
    ['Ready', 'False', 'the registry does not accept the credentials'],
    ['Stalled', 'True', ''],
  ];

  it('lets the last column go on below itself', () => {
    expect(renderTextTable(['TYPE', 'STATUS', 'MESSAGE'], rows, 45).split('\n')).toEqual([
      'TYPE      STATUS   MESSAGE',
      'Ready     False    the registry does not',
      '                   accept the credentials',
      'Stalled   True',
    ]);
  });

  it('leaves lines whole where they fit, and where there is no terminal', () => {
    const titles = ['TYPE', 'STATUS', 'MESSAGE'];
    expect(renderTextTable(titles, rows, Infinity)).toBe(renderTable(titles, rows));
    expect(renderTextTable(titles, [], 80)).toBe('TYPE   STATUS   MESSAGE');
  });
});
