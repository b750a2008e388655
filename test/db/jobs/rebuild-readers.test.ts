import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { DEFAULT_DECODE_RULES } from '../../../src/ingest/decode.js';
import { maintenanceJob } from '../../../src/jobs/maintenance.js';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createResolver } from '../../../src/jobs/resolver.js';
import { createLog } from '../../../src/log.js';
import type { SimulatedMessage } from '../../../src/simulator/options.js';
import { createPool } from '../../../src/warehouse/pool.js';
import { openTopicFeed } from '../outcomes/simulated-day.js';
import { enginesUnderTest, useWarehouse } from '../warehouse/engines-under-test.js';
import { ingestFacts, sessionEvent } from './fact-writer.js';
import { KEY } from './resolver-harness.js';
import { gatewayMessage } from './resolving-harness.js';
import { ADDRESSES, longStream, MINUTE, request, sighting, status, T0, URLS } from './session-samples.js';
import { steppingPool } from './stepping-pool.js';

const log = createLog({ level: 'silent', format: 'json' });
const STREAMS = 12;
const AFTERWARDS = new Date(T0 + 86_400_000);

/** Public relations that a rebuild makes anew, whole. */
const REBUILT = ['session', 'session_segment', 'demand_5m', 'demand_1d', 'service_5m', 'service_1h'];
const NETWORK = ['service_1d', 'attribution_coverage', 'orchestrator', 'orchestrator_offer', 'gpu', 'gateway'];
const REASONS = ['failure_5m', 'failure_1d', 'session_swap', 'swap_5m', 'swap_1h', 'ingest_5m', 'ingest_1h'];
const REQUESTS = [
  'payment',
  'payment_5m',
  'payment_1d',
  'job',
  'job_5m',
  'job_1h',
  'job_failure_5m',
  'discovery',
  'discovery_5m',
];
const RELATIONS = [...REBUILT, ...NETWORK, ...REASONS, ...REQUESTS];

const quality = { connQuality: 'good', bytesReceived: 1_000, bytesSent: 2_000, rttMs: 20 };
const jitter = { videoJitterMs: 5.5, videoPacketsLost: 0, videoPacketsReceived: 100 };
const ingest = { ...quality, ...jitter, audioJitterMs: 1.5, audioPacketsLost: 0, audioPacketsReceived: 50 };
/** A stream with a swap at its end and two samples of its ingest. */
function restless(index: number): SessionEvent[] {
  const ids = { streamId: `stream-${index}`, requestId: `request-${index}` };
  const other = 1 - (index % 2);
  const events = [
    ...longStream(9, index % 2, ids),
    ...[2, 3].map((minute) =>
      sessionEvent({ ...ids, eventAtMs: T0 + minute * MINUTE, eventId: `ingest-${minute}`, ingest }),
    ),
    sessionEvent({ ...ids, eventAtMs: T0 + 9 * MINUTE, eventId: 'swap', isSwap: true, orchUrl: URLS[other] ?? '' }),
    status(T0 + 9 * MINUTE + 30_000, 'after', other, ids),
  ];
  return events.map((event) => ({ ...event, eventId: `${index}-${event.eventId}` }));
}
const FAILED = { streamId: 'failed', requestId: 'failed' };
const failed = [
  request(T0, 'failed-request', FAILED),
  sessionEvent({ ...FAILED, eventAtMs: T0 + 1_000, eventId: 'failed-error', isError: true, message: 'boom' }),
];

/** A payment of the first stream, a job and a discovery, as a gateway sends them. */
const REQUESTED = [
  message('create_new_payment', {
    ...{ faceValue: '2402400000000000 WEI', numTickets: '2', price: '1635.021 wei/pixel', winProb: '0.0009990010' },
    ...{ capability: '', manifestID: '35_sd', orchestrator: URLS[0], requestID: 'request-0', sessionID: 'chain' },
    ...{ sender: `0x${'5'.repeat(40)}`, recipient: ADDRESSES[0], clientIP: '203.0.113.9' },
  }),
  message('ai_batch_request', {
    ...{ type: 'ai_batch_request_completed', request_id: 'batch', pipeline: 'text-to-image', model: 'sdxl' },
    ...{ success: true, tries: 1, duration_ms: 2500, orch_url: URLS[0], timestamp: T0 },
  }),
  message('discovery_results', [{ url: URLS[0], address: ADDRESSES[0], latency_ms: '77' }]),
];
function message(type: string, data: object): SimulatedMessage {
  return gatewayMessage(T0, { id: `of-${type}`, type, atMs: T0, data, gateway: 'gateway-1.example.com' });
}

/** Changes what is stored, so that an answer shows whether it was given before the rebuild or after. */
const TAMPER = `
update core.session set error_count = error_count + 1000, milestones = '[]', is_requested = not is_requested,
  attribution_outcome = 'stale', gateway = 'before.example.com';
update core.segment set service_ms = service_ms + 1000;
update core.session_start set known_count = known_count + 1000;
update core.session_bucket_5m set status_sample_count = status_sample_count + 1000;
update core.session_bucket_1h set status_sample_count = status_sample_count + 1000;
update core.capability_run set last_at = last_at + interval '1 minute';
update core.capability_gpu set gpu_model = 'before';
update core.session_start set failure_reason = 'price' where failure_class <> '';
update core.swap set reason = 'before', reason_class = 'price';
update core.session_ingest_5m set good_count = good_count + 1000;
update core.session_ingest_1h set good_count = good_count + 1000;
update core.payment set ticket_count = ticket_count + 1000;
update core.job set tries = tries + 1000, duration_ms = duration_ms + 1000;
update core.job set failure_class = 'failed', failure_reason = 'price';
update core.discovery set latency_ms = latency_ms + 1, is_known = not is_known;
select work.mark_buckets('session_start', array(select bucket_start from core.session_start)),
  work.mark_buckets('session_bucket_5m', array(select bucket_start from core.session_bucket_5m)),
  work.mark_buckets('session_bucket_1h', array(select bucket_start from core.session_bucket_1h)),
  work.mark_buckets('swap', array(select bucket_start from core.swap)),
  work.mark_buckets('session_ingest_5m', array(select bucket_start from core.session_ingest_5m)),
  work.mark_buckets('session_ingest_1h', array(select bucket_start from core.session_ingest_1h)),
  work.mark_buckets('payment', array(select bucket_start from core.payment)),
  work.mark_buckets('job', array(select bucket_start from core.job)),
  work.mark_buckets('discovery', array(select bucket_start from core.discovery))`;

describe.each(enginesUnderTest())('while core is rebuilt on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  const pools: Pool[] = [];
  let admin: Pool;
  let ownerPool: Pool;
  let worker: Pool;
  let reader: Pool;

  beforeAll(async () => {
    const open = (role?: 'owner' | 'worker' | 'reader' | 'ingest'): Pool => {
      const pool = createPool({ url: warehouse().database.url(role), name: 'test', max: 4, log });
      pools.push(pool);
      return pool;
    };
    [admin, ownerPool, worker, reader] = [open(), open('owner'), open('worker'), open('reader')];
    const streams = Array.from({ length: STREAMS }, (_, index) => restless(index));
    const sightings = [sighting(0, T0 - MINUTE), sighting(1, T0 - MINUTE)];
    await ingestFacts(admin, [...streams.flat(), ...failed], sightings);
    const feed = await openTopicFeed(open('ingest'), DEFAULT_DECODE_RULES, () => 'telemetry');
    await feed.send(REQUESTED);
    expect(feed.verdicts.telemetry).toEqual({ accepted: REQUESTED.length });
    await (await createResolver({ pool: worker, publicIdKey: KEY, log })).drain({ decidedAt: AFTERWARDS });
    await admin.query(TAMPER);
    await refreshAlone({ ownerPool, asOf: AFTERWARDS, log });
  });
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  async function answer(relation: string): Promise<string> {
    const { rows } = await reader.query<{ answer: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as answer
       from api.${relation} as t`,
    );
    return rows[0]?.answer ?? '';
  }

  it('a reader gets the old answer until the new one, never another, an error or a wait', async () => {
    // the rebuild goes on only after the answer: a lock that a reader waits for would never come, and is an error
    await admin.query(`alter role naap_reader in database ${warehouse().database.name} set lock_timeout = '10s'`);
    const heard = new Map(RELATIONS.map((relation) => [relation, [] as string[]]));
    const ask = async (): Promise<void> => {
      for (const [relation, answers] of heard) {
        const text = await answer(relation);
        if (answers.at(-1) !== text) answers.push(text);
      }
    };
    await ask();
    const before = new Map([...heard].map(([relation, answers]) => [relation, answers[0]]));
    let statements = 0;
    const steps = steppingPool(ownerPool, async () => {
      statements += 1;
      await ask();
    });
    await rebuild({ ownerPool: steps, publicIdKey: KEY, decidedAt: AFTERWARDS, log });
    await refreshAlone({ ownerPool: steps, asOf: AFTERWARDS, log });
    await ask();
    expect(statements).toBeGreaterThan(60);
    for (const relation of RELATIONS) {
      expect(heard.get(relation), relation).toEqual([before.get(relation), await answer(relation)]);
    }
  });

  it('retention waits, so that a rebuild sees all events of its sessions and no reader waits behind a drop', async () => {
    const sessions = async () => (await admin.query('select from core.session')).rowCount;
    const signal = new AbortController().signal;
    const maintain = (): Promise<void> => {
      const asOf = new Date(T0 + 100 * 86_400_000);
      return maintenanceJob.run({}, { pool: worker, ownerPool, log, asOf, clock: () => asOf, signal });
    };
    let runs = 0;
    const steps = steppingPool(ownerPool, async (_client, text) => {
      if (!/^delete from (work.sighting_mark|core.session where)/.test(text)) return;
      runs += 1;
      await maintain();
    });
    await rebuild({ ownerPool: steps, publicIdKey: KEY, decidedAt: AFTERWARDS, log });
    expect(runs).toBe(2);
    expect(await sessions()).toBe(STREAMS + 1);
    expect((await admin.query('select raw_floor from work.floor')).rows).toEqual([
      { raw_floor: new Date('2000-01-01Z') },
    ]);
    const asked = await admin.query("select from graphile_worker.jobs where task_identifier = 'maintenance'");
    expect(asked.rowCount).toBe(1);

    await maintain();
    expect((await admin.query('select from fact.session_event')).rowCount).toBe(0);
    expect(await sessions()).toBe(STREAMS + 1);
  });
});
