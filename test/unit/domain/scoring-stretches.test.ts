import { describe, expect, it } from 'vitest';
import type { ScoringConfigRow } from '../../../src/domain/scoring-book.js';
import { scoredSpan } from '../../../src/domain/scoring-stretches.js';

const HOUR = 3_600_000;
const row = (configId: string, hour: number, fields: Partial<ScoringConfigRow> = {}): ScoringConfigRow => ({
  configId,
  scoringVersion: 'v',
  gateway: '',
  formula: 'spec-v1',
  parameters: {},
  isRetired: false,
  validFromMs: hour * HOUR,
  knownAtMs: 0,
  ...fields,
});
const of = (rows: readonly ScoringConfigRow[], gateway = '') => {
  const { rows: found, ...rest } = scoredSpan(
    rows,
    { scoringVersion: 'v', gateway },
    { startMs: 0, endMs: 10 * HOUR, bucketMs: HOUR },
  );
  return { ...rest, ids: found.map(({ configId }) => configId) };
};

describe('what scores a span', () => {
  it('is every row in force in a bucket, newest first', () => {
    expect(of([row('a', -5), row('b', 4), row('later', 10)])).toMatchObject({
      ids: ['b', 'a'],
      span: { startMs: 0, endMs: 10 * HOUR },
      decidedAtMs: 9 * HOUR,
      isWhole: true,
    });
  });

  it('begins with the first bucket that starts at or after the row does', () => {
    const { span, isScored, isWhole } = of([row('a', 3.5)]);
    expect(span).toEqual({ startMs: 4 * HOUR, endMs: 10 * HOUR });
    expect([3, 4, 9, 10].map((hour) => isScored(hour * HOUR))).toEqual([false, true, true, false]);
    expect(isWhole).toBe(false);
  });

  it('leaves out what lies between a retirement and the next row, and what follows the last one', () => {
    const rows = [row('a', 1), row('end', 3, { isRetired: true }), row('b', 5), row('over', 7, { isRetired: true })];
    const { ids, span, decidedAtMs, isScored } = of(rows);
    expect(ids).toEqual(['b', 'a']);
    expect(span).toEqual({ startMs: HOUR, endMs: 7 * HOUR });
    expect(decidedAtMs).toBe(6 * HOUR);
    expect([2, 3, 4, 5, 6, 7].map((hour) => isScored(hour * HOUR))).toEqual([true, false, false, true, true, false]);
  });

  it('is of a gateway its own and, before that, the network’s; of the network only the network’s', () => {
    const rows = [row('all', -1), row('own', 6, { gateway: 'g' })];
    expect(of(rows, 'g').ids).toEqual(['own', 'all']);
    expect(of(rows).ids).toEqual(['all']);
  });

  it('is nothing where no row is in force', () => {
    expect(of([row('later', 12)])).toMatchObject({ ids: [], span: null, decidedAtMs: null, isWhole: false });
  });
});
