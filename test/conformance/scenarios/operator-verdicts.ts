import { same } from '../expectation.js';
import { createScribe, type Message } from '../messages.js';
import type { Scenario } from '../scenario.js';
import { sourceOf } from './source-counts.js';

// Raw events are kept for 90 days: the maintenance of 2026-03-20 keeps what happened on 2025-12-20 and later.
const scribe = createScribe('floor', '2025-12-20');
const stream = scribe.stream('floor-stream');
const LAST_DROPPED = '2025-12-19T23:59:59.999Z';
const lifecycle = scribe.message('worker_lifecycle', LAST_DROPPED, {
  capability: 'floor',
  orch_url: 'https://floor.example.com:8935',
  worker_url: 'https://worker.floor.example.com',
  price_per_unit: '1',
  worker_options: [{ model: 'floor-model' }],
});
const early = stream.status(LAST_DROPPED, { fps: 10, state: 'ONLINE' });
const atFloor = stream.status('00:00:00.000', { fps: 30, state: 'ONLINE' });
const wrong = scribe.message('ai_stream_status', LAST_DROPPED, { stream_id: 'floor-stream' });

/** A worker’s news is accepted; retention drops it; then it comes again, and others of its age and of the floor’s. */
export const tooLate: Scenario = {
  name: 'older than what is kept',
  steps: [
    { send: [lifecycle] },
    { maintain: '2026-03-20T00:07:00Z' },
    { send: [early, atFloor, lifecycle, wrong] },
    { send: [atFloor, early] },
  ],
  checks: [
    {
      rules: ['INGEST-004', 'QUALITY-001'],
      says: 'a millisecond before raw_floor is too_late, each time, and at the floor accepted, once; what is wrong in itself is that first',
      async run(api) {
        const { lines, counts } = await sourceOf(api, 'older than what is kept');
        same(lines, [
          'accepted ai_stream_status - 1',
          'accepted worker_lifecycle - 1',
          'duplicate ai_stream_status duplicate_event_id 1',
          'rejected ai_stream_status schema_mismatch 1',
          'rejected ai_stream_status too_late 2',
          'rejected worker_lifecycle too_late 1',
        ]);
        same([counts.consumedCount, counts.acceptedCount, counts.rejectedCount, counts.duplicateCount], [7, 2, 4, 1]);
      },
    },
    {
      rules: ['LINEAGE-001', 'FACT-002'],
      says: 'the session is of its one event at the floor',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "floor-stream") { edges { node {
          startedAt statusSampleCount averageFps { value } } } } }`);
        same(sessions.edges, [
          { node: { startedAt: '2025-12-20T00:00:00.000Z', statusSampleCount: 1, averageFps: { value: 30 } } },
        ]);
      },
    },
  ],
};

const trust = createScribe('trust', '2026-02-24');
const started = (publisher: string): Message =>
  trust.v1('gateway.request.start', '09:00:00', { stream_id: `of-${publisher}` }, { publisher_id: publisher });

/** The same message of a publisher on the operator’s list and of one that is not, and the gateway dialect, which has none. */
export const trustedPublishers: Scenario = {
  name: 'publishers that are not believed',
  trustedPublishers: ['trusted'],
  steps: [
    {
      send: [
        started('trusted'),
        started('stranger'),
        trust.stream('of-dialect').trace('09:00:01', 'gateway_receive_stream_request'),
      ],
    },
  ],
  checks: [
    {
      rules: ['INGEST-001', 'INGEST-004'],
      says: 'a v1 publisher that is not on the list is untrusted_publisher and makes no session; the gateway dialect has no list',
      async run(api) {
        const { lines } = await sourceOf(api, 'publishers that are not believed');
        same(lines, [
          'accepted gateway.request.start - 1',
          'accepted stream_trace - 1',
          'rejected gateway.request.start untrusted_publisher 1',
        ]);
        const { trusted, stranger } = await api.ask(`{
          trusted: sessions(streamId: "of-trusted") { totalCount }
          stranger: sessions(streamId: "of-stranger") { totalCount } }`);
        same([trusted.totalCount, stranger.totalCount], [1, 0]);
      },
    },
  ],
};
