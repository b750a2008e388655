import { beforeEach, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { ingestFacts, readCore, sessionEvent } from './fact-writer.js';
import { useResolver } from './resolver-harness.js';
import { MINUTE, request, status, T0 } from './session-samples.js';

const under = useResolver();
beforeEach(() => under().empty());

function sample(atMs: number, id: string, bytes: number): SessionEvent {
  return sessionEvent({
    ...{ eventAtMs: atMs, eventId: id, familyRank: 3, name: 'ingest_metrics' },
    ingest: {
      ...{ connQuality: 'good', bytesReceived: bytes, bytesSent: 1, rttMs: 0 },
      ...{ videoJitterMs: 10.126770701625134, videoPacketsLost: 0, videoPacketsReceived: bytes },
      ...{ audioJitterMs: null, audioPacketsLost: null, audioPacketsReceived: null },
    },
  });
}

/** Three hours with a sample every two minutes, so that the tail goes on from a prefix. */
const samples = Array.from({ length: 90 }, (_, n) => sample(T0 + n * 2 * MINUTE, `sample-${n}`, (n % 40) * 1000));
const events = [request(T0 - 1000, 'request'), status(T0 - 500, 'status', 0), ...samples];

it('has the same rows of ingest by tail, late event, repair, verification and bootstrap', async () => {
  const { admin, drain, modes, rebuild } = under();
  const late = events.filter((_, index) => index % 11 === 7);
  const onTime = events.filter((event) => !late.includes(event));
  for (let from = 0; from < onTime.length; from += 9) {
    await ingestFacts(admin, onTime.slice(from, from + 9));
    await drain();
  }
  await ingestFacts(admin, late);
  await drain();
  const tail = await readCore(admin);
  expect(tail.session_ingest_5m?.length).toBe(37);
  expect(tail.session_ingest_1h?.length).toBe(4);
  const { rows } = await admin.query(`
    select sum(sample_count)::int as samples, sum(received_bytes)::int as bytes, sum(transfer_ms)::int as ms,
      sum(video_jitter_us_sum)::int as jitter, sum(rtt_sample_count)::int as rtt
    from api.ingest_1h`);
  // 87 pairs of 89: the counter begins anew twice
  expect(rows).toEqual([{ samples: 90, bytes: 87_000, ms: 87 * 120_000, jitter: 90 * 10_127, rtt: 0 }]);
  const verified = await modes().verify({ span: null, onDifference: (difference) => expect(difference).toBeNull() });
  expect(verified.differenceCount).toBe(0);
  await rebuild();
  expect(await readCore(admin)).toEqual(tail);

  await admin.query('update core.session_ingest_1h set bad_count = bad_count + 1');
  const found: string[] = [];
  await modes().verify({ span: null, onDifference: ({ relation, column }) => found.push(`${relation} ${column}`) });
  expect(found).toContain('core.session_ingest_1h bad_count');
});
