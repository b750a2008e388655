import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { event, MINUTE, resolve, SECOND, status, TEN } from './session-samples.js';

const A = { url: 'https://a' };
const B = { url: 'https://b' };

const counter = (atMs: number, restartCount: number | null, by = A): SessionEvent =>
  status(atMs, 20, by, { restartCount });
const announced = (atMs: number): SessionEvent => event(atMs, { familyRank: 2, name: 'restart', isRestart: true });

/** Restarts by 5-minute bucket, those with some. */
function restarts(events: readonly SessionEvent[]): Record<string, number> {
  const rows = resolve(events).buckets5m.filter(({ restartCount }) => restartCount > 0);
  return Object.fromEntries(rows.map((row) => [row.bucketStart.toISOString().slice(11, 16), row.restartCount]));
}

describe('restarts', () => {
  it('count what the counter of a runner grew by, from 0, in the bucket of the reading', () => {
    expect(restarts([counter(TEN, 1), counter(TEN + 10 * SECOND, 1), counter(TEN + 5 * MINUTE, 3)])).toEqual({
      '10:00': 1,
      '10:05': 2,
    });
  });

  it('count a restart once that is announced and counted, whichever comes first and in whichever bucket', () => {
    const before = [counter(TEN, 0), announced(TEN + 4 * MINUTE), counter(TEN + 6 * MINUTE, 1)];
    expect(restarts(before)).toEqual({ '10:00': 1 });
    const after = [counter(TEN, 0), counter(TEN + 4 * MINUTE, 1), announced(TEN + 6 * MINUTE)];
    expect(restarts(after)).toEqual({ '10:00': 1 });
    expect(restarts([...after, announced(TEN + 7 * MINUTE)])).toEqual({ '10:00': 1, '10:05': 1 });
  });

  it('begin again when the counter goes down, and with each orchestrator', () => {
    expect(restarts([counter(TEN, 3), counter(TEN + MINUTE, 1)])).toEqual({ '10:00': 4 });
    const swapped = [counter(TEN, 2), counter(TEN + 5 * MINUTE, 2, B), counter(TEN + 6 * MINUTE, 2, B)];
    expect(restarts(swapped)).toEqual({ '10:00': 2, '10:05': 2 });
  });

  it('are not of readings that are none', () => {
    expect(restarts([counter(TEN, -5), counter(TEN + MINUTE, null)])).toEqual({});
  });
});

describe('parameter updates', () => {
  it('count in their bucket although nobody was seen serving in it', () => {
    const update = event(TEN + 5 * MINUTE, { familyRank: 2, name: 'params_update' });
    const rows = resolve([counter(TEN, 0), update]).buckets5m;
    expect(rows.map((row) => [row.knownCount, row.parameterUpdateCount])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});
