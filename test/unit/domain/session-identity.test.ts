import { expect, it } from 'vitest';
import { isExcusableError } from '../../../src/domain/excusable.js';
import { sessionKeyOf } from '../../../src/domain/session-key.js';
import { SHARD_COUNT, shardOf } from '../../../src/domain/shard.js';

it.each([
  [{ streamId: 's', requestId: 'r' }, 's|r'],
  [{ streamId: 's', requestId: '' }, 's|_missing_request'],
  [{ streamId: '', requestId: 'r' }, '_missing_stream|r'],
  [{ streamId: '', requestId: '' }, '_missing_stream|_missing_request|e'],
  [{ streamId: '', requestId: '', traceId: 't' }, '_trace|t'],
  [{ streamId: 's', requestId: '', traceId: 't' }, 's|_missing_request'],
])('%j is session %s [LIFECYCLE-001]', (ids, key) => {
  expect(sessionKeyOf({ ...ids, eventId: 'e' })).toBe(key);
});

it('spreads sessions evenly over the shards and keeps their shard for ever', () => {
  const counts = new Array<number>(SHARD_COUNT).fill(0);
  for (let index = 0; index < 64_000; index += 1) {
    const shard = shardOf('daydream', `stream-${index}|request`);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(700);
  expect(Math.max(...counts)).toBeLessThan(1300);
  // stored with marks: these must never change
  expect([shardOf('daydream', 's|r'), shardOf('cloudspe', 's|r')]).toMatchInlineSnapshot(`
    [
      38,
      7,
    ]
  `);
});

it.each([
  'No Orchestrators Available now',
  'mediamtx ingest disconnected',
  'WHIP disconnected',
  'missing video',
  'ICE connection state failed',
  'user disconnected',
])('excuses “%s” [LIFECYCLE-004]', (message) => {
  expect(isExcusableError(message)).toBe(true);
  expect(isExcusableError('out of memory')).toBe(false);
});
