import { expect, test } from 'vitest';
import { partsOf } from '../../../src/jobs/score-buckets.js';

test('an hour is scored alone, buckets of 5 minutes together, in the order they came', () => {
  const hour = (startMs: number) => ({ width: '1h' as const, startMs });
  const five = (startMs: number) => ({ width: '5m' as const, startMs });
  expect(partsOf([hour(0), hour(3_600_000), five(0), five(300_000), five(3_600_000)])).toEqual([
    [hour(0)],
    [hour(3_600_000)],
    [five(0), five(300_000), five(3_600_000)],
  ]);
  expect(partsOf([])).toEqual([]);
});
