import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, labelledLines, shareRows, table } from '../../../src/cli/render/layout.ts';
import { paintFor } from '../../../src/cli/render/paint.ts';
import { visibleWidth } from '../../../src/cli/render/text.ts';

const paint = paintFor({ color: false });

describe('bar', () => {
  it.each([
    [0, '──────────'],
    [0.1, '━─────────'],
    [25, '━━━───────'],
    [50, '━━━━━─────'],
    [99.9, '━━━━━━━━━─'],
    [100, '━━━━━━━━━━'],
    [250, '━━━━━━━━━━'],
    [-1, '──────────'],
  ])('of %d percent', (percent, drawn) => {
    expect(bar(percent, 10, paint)).toBe(drawn);
  });
});

describe('table', () => {
  it('aligns columns', () => {
    const rows = [
      ['', 'step', 'extra'],
      ['1', 'update api.1', '+1'],
      ['10', 'bake'],
    ];
    expect(table(rows, [{ align: 'right' }, {}, { align: 'right' }], 80)).toEqual([
      '    step          extra',
      ' 1  update api.1     +1',
      '10  bake',
    ]);
  });

  it('leaves out columns that are empty in every row', () => {
    expect(table([['a', '', 'b']], [{}, {}, {}], 80)).toEqual(['a  b']);
  });

  it('cuts the flexible column first', () => {
    const rows = [['api-7', 'a reason of many words', 'ann']];
    expect(table(rows, [{}, { flexible: true }, {}], 24)).toEqual(['api-7  a reason of…  ann']);
  });

  it('does not widen a flexible column that is narrow', () => {
    expect(table([['ab', 'x'.repeat(20)]], [{ flexible: true }, {}], 10)).toEqual(['ab  xxxxx…']);
  });

  it('is never wider than the screen', () => {
    const rows = fc.array(fc.array(fc.string({ maxLength: 30 }), { minLength: 3, maxLength: 3 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (given, columns) => {
        for (const line of table(given, [{}, { flexible: true }, { align: 'right' }], columns)) {
          expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});

it('labelledLines puts a label beside the first of its lines', () => {
  const blocks = [
    { label: 'cause', lines: ['one', 'two'] },
    { label: 'log', lines: [] },
    { label: 'next', lines: ['three'] },
  ];
  expect(labelledLines(blocks, 7, paint)).toEqual(['cause  one', '       two', 'next   three']);
});

describe('shareRows', () => {
  it('gives each what it wants where there is enough', () => {
    expect(
      shareRows(20, [
        { min: 1, want: 5 },
        { min: 1, want: 2 },
      ]),
    ).toEqual([5, 2]);
  });

  it('gives the first ones their minimum where there is not', () => {
    expect(
      shareRows(3, [
        { min: 2, want: 5 },
        { min: 2, want: 2 },
        { min: 1, want: 1 },
      ]),
    ).toEqual([2, 0, 1]);
  });

  it('shares what is left evenly', () => {
    expect(
      shareRows(10, [
        { min: 1, want: 20 },
        { min: 1, want: 3 },
        { min: 0, want: 20 },
      ]),
    ).toEqual([4, 3, 3]);
  });

  const needs = fc.array(
    fc.tuple(fc.nat(4), fc.nat(20)).map(([min, more]) => ({ min, want: min + more })),
    { maxLength: 6 },
  );

  it('never gives more than there is, nor more than wanted, and wastes nothing', () => {
    fc.assert(
      fc.property(fc.nat(60), needs, (rows, given) => {
        const shares = shareRows(rows, given);
        const sum = shares.reduce((total, share) => total + share, 0);
        expect(sum).toBeLessThanOrEqual(rows);
        for (const [at, { min, want }] of given.entries()) {
          expect(shares[at]).toBeLessThanOrEqual(want);
          expect(shares[at] === 0 || (shares[at] as number) >= min).toBe(true);
        }
        const shown = given.filter((need, at) => (shares[at] as number) >= need.min);
        const wanted = shown.reduce((total, need) => total + need.want, 0);
        if (shown.length === given.length) expect(sum).toBe(Math.min(rows, wanted));
      }),
    );
  });
});
