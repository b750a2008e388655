import { expect, test } from 'vitest';
import { type IngestSums, megabitsPerSecond } from '../../../src/resolvers/ingest-quality.js';

const sums = (sampleCount: number, transferMs: number) => ({ sampleCount, transferMs }) as IngestSums; // nothing else is read

test('bytes over the time between two readings are a rate', () => {
  expect(megabitsPerSecond(125_000, sums(2, 1000))).toMatchObject({ value: 1, nullReason: 'OK', sampleCount: 2 });
});

test.each([
  [0, 'NO_DATA'],
  [1, 'INSUFFICIENT_SAMPLES'],
] as const)('%i samples without a reading before them tell no rate: %s', (sampleCount, nullReason) => {
  expect(megabitsPerSecond(0, sums(sampleCount, 0))).toMatchObject({ value: null, nullReason, sampleCount });
});
