import { beforeAll, describe, expect, test } from 'vitest';
import { insertRows } from '../warehouse/seed.js';
import { useApi } from './api-under-test.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

const SOURCES = ['network_events', 'streaming_events'].map((topic, index) => ({
  source_id: index + 1,
  cluster_id: 'c1',
  topic,
  partition: index,
  org: 'daydream',
  next_offset: 120,
  consumed_count: 100,
  newest_event_at: '2026-01-10T12:29:00Z',
  updated_at: '2026-01-10T12:29:30Z',
}));

function tally(source_id: number, verdict: string, reason: string, message_count: number, more: object = {}) {
  return {
    source_id,
    family: 'stream_trace',
    verdict,
    reason,
    message_count,
    conflict_count: 0,
    unchanged_count: 0,
    first_at: '2026-01-10T10:00:00Z',
    last_at: '2026-01-10T12:29:00Z',
    ...more,
  };
}

beforeAll(async () => {
  const { owner } = api();
  for (const row of SOURCES) {
    await owner.query(
      `insert into raw.source overriding system value select * from jsonb_populate_record(null::raw.source, $1::jsonb)`,
      [JSON.stringify(row)],
    );
  }
  await insertRows(owner, 'raw.tally', [
    tally(1, 'accepted', '', 70),
    tally(1, 'accepted', '', 10, { family: 'network_capabilities', unchanged_count: 7 }),
    tally(1, 'rejected', 'too_late', 5),
    tally(1, 'rejected', 'not_json', 1, { family: '' }),
    tally(1, 'duplicate', 'duplicate_event_id', 14, { conflict_count: 2 }),
    tally(2, 'ignored', 'unsupported_event_family', 100, { family: 'webrtc_stats' }),
  ]);
  await insertRows(owner, 'raw.source_gap', [
    { source_id: 1, from_offset: 40, to_offset: 60, reason: 'expired', found_at: '2026-01-10T11:00:00Z' },
  ]);
});

const SOURCE = `topic consumedCount acceptedCount ignoredCount rejectedCount duplicateCount conflictCount unchangedCount
  gapCount missedCount lagSeconds { value } verdicts { family verdict reason messageCount lastReceivedAt }`;

describe('diagnostics of what came in [QUALITY-001]', () => {
  test('tell verdicts by reason, duplicates, conflicts, late messages, gaps and freshness by source', async () => {
    const { data, errors } = await api().query(`{ meta { sources { ${SOURCE} } } }`);
    expect(errors).toBeUndefined();
    const [network, streaming] = data.meta.sources;
    expect(network).toMatchObject({
      topic: 'network_events',
      consumedCount: 100,
      acceptedCount: 80,
      ignoredCount: 0,
      rejectedCount: 6,
      duplicateCount: 14,
      conflictCount: 2,
      unchangedCount: 7,
      gapCount: 1,
      missedCount: 20,
      lagSeconds: { value: 60 },
    });
    const lastReceivedAt = '2026-01-10T12:29:00.000Z';
    expect(network.verdicts).toEqual([
      { family: 'stream_trace', verdict: 'ACCEPTED', reason: null, messageCount: 70, lastReceivedAt },
      { family: 'stream_trace', verdict: 'DUPLICATE', reason: 'duplicate_event_id', messageCount: 14, lastReceivedAt },
      { family: 'network_capabilities', verdict: 'ACCEPTED', reason: null, messageCount: 10, lastReceivedAt },
      { family: 'stream_trace', verdict: 'REJECTED', reason: 'too_late', messageCount: 5, lastReceivedAt },
      { family: null, verdict: 'REJECTED', reason: 'not_json', messageCount: 1, lastReceivedAt },
    ]);
    expect(streaming.verdicts).toHaveLength(1);
    expect(streaming).toMatchObject({ consumedCount: 100, ignoredCount: 100, gapCount: 0 });
  });

  test('are one statement for the sources and one for the verdicts, however many there are', async () => {
    const ask = () => api().query(`{ meta { sources { ${SOURCE} } } }`);
    await ask();
    expect(await api().countStatements(ask)).toBe(2);
  });
});
