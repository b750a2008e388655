import { expect, test } from 'vitest';
import { partOf } from '../../../src/jobs/score-parts.js';

const hour = (startMs: number) => ({ width: '1h' as const, startMs });
const five = (startMs: number) => ({ width: '5m' as const, startMs });
const hours = Array.from({ length: 12 }, (_, index) => hour(index * 3_600_000));
const fives = [five(0), five(300_000), five(3_600_000)];

test('as many hours are scored at once as the part before lets expect to be few, at most twice as many', () => {
  const countAfter = (bucketCount: number, groupCount: number) => partOf(hours, { bucketCount, groupCount }).length;
  expect(partOf(hours, null)).toEqual(hours.slice(0, 1));
  expect(countAfter(1, 1_250)).toBe(1);
  expect(countAfter(1, 125)).toBe(2);
  expect(countAfter(2, 250)).toBe(3);
  expect(countAfter(3, 400)).toBe(3);
  expect(countAfter(3, 0)).toBe(6);
  expect(countAfter(8, 8)).toBe(12);
});

test('buckets of 5 minutes are scored together, never with hours', () => {
  const few = { bucketCount: 12, groupCount: 0 };
  expect(partOf([...hours.slice(0, 2), ...fives], few)).toEqual(hours.slice(0, 2));
  expect(partOf(fives, null)).toEqual(fives);
  expect(partOf([], few)).toEqual([]);
});
