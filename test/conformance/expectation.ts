import assert from 'node:assert/strict';

/** The parts of a Metric that scenarios look at. */
export const METRIC = '{ value nullReason sampleCount }';

export const known = (value: number, sampleCount: number) => ({ value, nullReason: 'OK', sampleCount });
export const missing = (nullReason = 'NO_DATA', sampleCount = 0) => ({ value: null, nullReason, sampleCount });

/** Fails unless both are equal in every part. */
export function same(seen: unknown, wanted: unknown): void {
  assert.deepEqual(seen, wanted);
}

/** Fails unless the number differs from the wanted one by rounding only, or by at most a share of it. */
export function near(seen: unknown, wanted: number, share = 1e-9): void {
  const isNear = typeof seen === 'number' && Math.abs(seen - wanted) <= share * Math.max(1, Math.abs(wanted));
  assert.ok(isNear, `saw ${JSON.stringify(seen)}, wanted ${wanted}`);
}

/** The GraphQL argument of a day, or of part of one. */
export function rangeOf(day: string, from = '00:00', to = '24:00'): string {
  const at = (time: string): string =>
    new Date(Date.parse(`${day}T00:00:00Z`) + minutesOf(time) * 60_000).toISOString().replace('.000', '');
  return `range: { start: "${at(from)}", end: "${at(to)}" }`;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
