import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import {
  bucketOf,
  bucketRows,
  byocAuthRows,
  byocWorkerRows,
  discoveryRows,
  grainRows,
  ingestRows,
  insertRows,
  jobRows,
  paymentRows,
  pick,
  type Row,
  seededRandom,
  sessionKeys,
  startRows,
  ticketRows,
} from './seed.js';

export interface FillOptions {
  readonly seed: number;
  readonly from: Date;
  readonly to: Date;
  readonly sessions: number;
}

/** Rows for every table that a view reads: not a true history, but one in which no relation is empty. */
export async function fillWarehouse(session: SqlSession, { seed, from, to, sessions }: FillOptions): Promise<void> {
  const random = seededRandom(seed);
  const fromMs = from.getTime();
  const toMs = to.getTime();
  const keys = sessionKeys('s', sessions);
  await session.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [from, to]);
  await insertRows(session, 'core.grain', grainRows());
  const sources: readonly (readonly [string, readonly Row[]])[] = [
    ['session_start', startRows(random, keys, fromMs, toMs)],
    ['session_bucket_5m', bucketRows(random, '5m', [...keys, ...sessionKeys('t', sessions)], fromMs, toMs)],
    ['session_bucket_1h', bucketRows(random, '1h', [...keys, ...sessionKeys('t', sessions)], fromMs, toMs)],
    ['session_ingest_5m', ingestRows(random, '5m', keys, fromMs, toMs)],
    ['session_ingest_1h', ingestRows(random, '1h', keys, fromMs, toMs)],
  ];
  for (const [table, rows] of sources) {
    await insertRows(session, `core.${table}`, rows, random);
    await session.query('select work.mark_buckets($1, $2)', [table, rows.map((row) => row['bucket_start'])]);
  }

  const at = (n: number, plusMs = 0) =>
    new Date(fromMs + Math.floor(((toMs - fromMs) / sessions) * n) + plusMs).toISOString();
  const identity = (n: number) => ({
    org: 'daydream',
    session_key: `s-${n}`,
    grain_id: 1000 + (n % 12),
    orchestrator_address: `0x${String(n % 9).repeat(40)}`,
    pipeline: 'live-video-to-video',
    model: `model-${n % 3}`,
    gpu_id: n % 2 === 0 ? '' : `gpu_${String(n % 9).repeat(16)}`,
  });
  const decided = { outcome: 'resolved', method: 'url', reason: 'matched', confidence: 'high' };
  const all = keys.map((_, n) => n);
  await insertRows(
    session,
    'core.session',
    all.map((n) => ({
      ...identity(n),
      session_id: `s_${String(n).padStart(24, '0')}`,
      stream_id: `stream-${n}`,
      gateway: `gateway-${n % 3}`,
      started_at: at(n),
      first_seen_at: at(n),
      last_seen_at: at(n, 60_000),
      startup_outcome: pick(random, ['success', 'failed', 'unknown']),
      excusal: null,
      selection_outcome: 'selected',
      attribution_outcome: 'resolved',
      attribution_method: 'url',
      last_state: 'ONLINE',
      milestones: [{ milestone: 'receive_request', at: at(n), own_at: null, event_id: `e${n}` }],
      prefix: null,
      prefix_until: null,
    })),
    random,
  );
  await insertRows(
    session,
    'core.segment',
    all.flatMap((n) =>
      [0, 1].map((ordinal) => ({
        ...identity(n + ordinal),
        ...decided,
        session_key: `s-${n}`,
        ordinal,
        started_at: at(n, ordinal * 30_000),
        ended_at: at(n, ordinal * 30_000 + 30_000),
        observed_url: pick(random, ['https://orch.example.com:8935', 'https://10.0.0.3:8935']),
        observed_address: '0xhot',
      })),
    ),
    random,
  );
  await insertRows(
    session,
    'core.swap',
    all.map((n) => ({
      bucket_start: bucketOf(Date.parse(at(n, 30_000)), '5m'),
      org: 'daydream',
      session_key: `s-${n}`,
      ordinal: 0,
      swapped_at: at(n, 30_000),
      grain_id: identity(n).grain_id,
      is_requested: n % 3 === 0,
      from_address: identity(n).orchestrator_address,
      reason: 'timeout from 203.0.113.4',
      reason_class: 'timeout',
      is_explicit: n % 2 === 0,
      event_id: n % 2 === 0 ? `swap-${n}` : '',
    })),
    random,
  );
  await session.query("select work.mark_buckets('swap', array(select distinct bucket_start from core.swap))");
  await insertRows(
    session,
    'core.decision',
    all.map((n) => ({
      ...identity(n),
      ...decided,
      decision_id: n + 1,
      ordinal: 0,
      decided_at: at(n),
      superseded_at: n % 7 === 0 ? at(n, 1) : null,
      sightings: [
        {
          address: '0xa',
          uri: 'https://192.168.0.1',
          first_at: at(0),
          last_at: at(n),
          content_hash: 'c1',
          event_id: 'e',
        },
      ],
    })),
    random,
  );
  const discoveries = discoveryRows(random, keys, fromMs, toMs);
  await insertRows(session, 'core.discovery', discoveries, random);
  await session.query('select work.mark_buckets($1, $2)', ['discovery', discoveries.map((row) => row['bucket_start'])]);
  const payments = paymentRows(random, keys, fromMs, toMs);
  await insertRows(session, 'core.payment', payments, random);
  await session.query('select work.mark_buckets($1, $2)', ['payment', payments.map((row) => row['bucket_start'])]);
  for (const [table, rowsOf] of [
    ['ticket', ticketRows],
    ['byoc_auth', byocAuthRows],
    ['byoc_worker', byocWorkerRows],
  ] as const) {
    const rows = rowsOf(random, keys, fromMs, toMs);
    await insertRows(session, `core.${table}`, rows, random);
    await session.query('select work.mark_buckets($1, $2)', [table, rows.map((row) => row['bucket_start'])]);
  }
  const jobs = jobRows(random, keys, fromMs, toMs);
  await insertRows(session, 'core.job', jobs, random);
  await session.query('select work.mark_buckets($1, $2)', ['job', jobs.map((row) => row['bucket_start'])]);
  await insertRows(
    session,
    'core.job_decision',
    all.map((n) => ({
      ...identity(n),
      ...decided,
      decision_id: n + 1,
      kind: 'ai_batch',
      job_key: `job-s-${n}`,
      job_id: `j_s-${n}`,
      job_at: at(n),
      decided_at: at(n),
      superseded_at: n % 7 === 0 ? at(n, 1) : null,
      sightings: [
        {
          address: '0xa',
          uri: 'https://192.168.0.1',
          first_at: at(0),
          last_at: at(n),
          content_hash: 'c1',
          event_id: 'e',
        },
      ],
    })),
    random,
  );
  await insertRows(
    session,
    'core.session_slice',
    all.map((n) => ({ slice_start: at(n), org: 'daydream', session_key: `s-${n}`, fold: { n } })),
  );
  const events = all.flatMap((n) =>
    [0, 1, 2, 3].map((k) => ({ n, k, event_at: at(n, k * 15_000), event_id: `e${n}-${k}` })),
  );
  await insertRows(
    session,
    'fact.session_event',
    events.map(({ n, k, event_at, event_id }) => ({
      event_at,
      event_id,
      org: 'daydream',
      session_key: `s-${n}`,
      is_sample: k > 0,
      state: k > 0 ? 'ONLINE' : null,
      fps_micro: k > 0 ? Math.floor(random() * 3e7) : null,
      message: 'lost 10.1.1.1',
      orch_url: 'https://orch.example.com:8935',
    })),
    random,
  );
  await insertRows(session, 'raw.source', [
    { source_id: 1, cluster_id: 'kafka', topic: 'network_events', partition: 0, org: 'daydream', next_offset: 9000 },
    {
      source_id: 2,
      cluster_id: 'file',
      topic: 'abc',
      partition: 0,
      org: 'daydream',
      newest_event_at: null,
      updated_at: null,
    },
  ]);
  await insertRows(
    session,
    'raw.event',
    events.map(({ event_at, event_id }, n) => ({
      event_at,
      event_id,
      org: 'daydream',
      source_id: 1,
      offset: n,
      payload: '{}',
    })),
  );
  const llms = jobs
    .filter((job) => job['llm_event_id'] !== '')
    .map((job) => ({ job, event_at: job['job_at'], org: 'daydream', event_id: job['llm_event_id'] }));
  await insertRows(
    session,
    'fact.llm_event',
    llms.map(({ job, ...event }) => ({ ...event, request_id: job['job_key'] })),
    random,
  );
  await insertRows(
    session,
    'raw.event',
    llms.map(({ job: _job, ...event }, n) => ({ ...event, source_id: 1, offset: events.length + n, payload: '{}' })),
  );
  await insertRows(session, 'raw.source_gap', [
    { source_id: 1, from_offset: 5, to_offset: 9, reason: 'expired', found_at: at(0) },
  ]);
  await insertRows(
    session,
    'raw.tally',
    (['accepted', 'ignored', 'rejected', 'duplicate'] as const).map((verdict) => ({
      source_id: 1,
      family: 'f',
      verdict,
    })),
    random,
  );
  await insertRows(
    session,
    'raw.ledger',
    events.slice(0, 50).map(({ event_at }, n) => ({
      event_at,
      content_hash: n,
      event_key: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    })),
  );
  await insertRows(session, 'fact.capability_content', [
    {
      content_hash: 'c1',
      content: {
        localAddress: '0xhot',
        version: '0.8.1',
        hardware: [
          {
            pipeline: 'p',
            model: 'm',
            gpus: [
              { uuid: 'g1', name: 'A', memoryTotalBytes: 1 },
              { uuid: 'g2', name: 'A', memoryTotalBytes: 1 },
            ],
          },
        ],
        models: [
          { capability: 35, pipeline: 'live-video-to-video', model: 'm', isWarm: true, capacity: 2, runnerVersion: '' },
        ],
        prices: [],
      },
    },
    { content_hash: 'c2', content: { localAddress: '', version: '', hardware: [], models: [], prices: [] } },
  ]);
  await insertRows(
    session,
    'core.capability_run',
    Array.from({ length: 9 }, (_, n) => ({
      org: 'daydream',
      address: `0x${String(n).repeat(40)}`,
      uri: n === 3 ? 'https://10.0.0.3:8935' : `https://orch-${n}.example.com:8935`,
      first_at: at(n),
      last_at: at(n + 5),
      next_at: null,
      content_hash: n % 2 === 0 ? 'c1' : 'c2',
      local_address: n === 0 ? '' : `0xhot${n}`,
    })),
  );
  const surface = { content_hash: 'c1', pipeline: 'live-video-to-video', model: 'm' };
  await insertRows(
    session,
    'core.capability_reading',
    ['c1', 'c2'].map((content_hash) => ({ content_hash, version: content_hash === 'c1' ? '0.8.1' : '' })),
  );
  await insertRows(session, 'core.capability_offer', [{ ...surface, is_warm: true, capacity: 2 }]);
  await insertRows(session, 'core.capability_price', [
    { ...surface, price_per_unit_wei: '1500', pixels_per_unit: '1' },
  ]);
  await insertRows(
    session,
    'core.capability_gpu',
    ['gpu_1', 'gpu_2'].map((gpu_id) => ({ ...surface, gpu_id, gpu_model: 'A', memory_bytes: 1 })),
  );
  const holders = [0, 2, 4, 6, 8].map((n) => `0x${String(n).repeat(40)}`);
  await insertRows(
    session,
    'core.orchestrator_gpu',
    holders.flatMap((address) =>
      ['gpu_1', 'gpu_2'].map((gpu_id) => ({ address, gpu_id, first_at: at(0), last_at: at(5) })),
    ),
  );
  await insertRows(
    session,
    'core.session_gpu_reading',
    [1, 2, 3].map((n) => {
      return { org: 'daydream', session_key: `s-${n}`, gpu_id: 'gpu_1', read_at: at(n), event_id: `reading-${n}` };
    }),
    random,
  );
  await insertRows(
    session,
    'core.orchestrator_alias',
    holders.map((address) => ({ address, local_address: `0xhot${address.at(-1)}` })),
  );
  await insertRows(
    session,
    'fact.capability_usage',
    holders.map((address, index) => ({
      ...surface,
      observed_at: at(index * 2 + 5),
      org: 'daydream',
      address,
      uri: `https://orch-${index * 2}.example.com:8935`,
      event_id: `u${index}`,
      gpu_uuid: '',
      capacity_in_use: index % 3,
      memory_free_bytes: null,
    })),
  );
  await insertRows(session, 'config.orchestrator', [
    { orchestrator_address: `0x${'1'.repeat(40)}`, display_name: 'One', region: 'eu' },
  ]);
  await insertRows(session, 'config.scoring_config', [
    {
      scoring_version: 'v1',
      gateway: '',
      formula: 'quality-benchmark-v1',
      parameters: {},
      valid_from: '2020-01-01T00:00:00Z',
    },
  ]);
  const target = { pipeline: 'live-video-to-video', model: 'm', fps_target: '24' };
  await insertRows(session, 'config.model_target', [
    { ...target, cold_startup_target_ms: 9000, warm_startup_target_ms: 1000 },
  ]);
  await insertRows(session, 'work.score_mark', [{ mark_id: 1_000_000, width: '1h', bucket_start: from.toISOString() }]);
  const scores = Array.from({ length: 40 }, (_, n) => ({
    score_id: n + 1,
    width: n % 2 === 0 ? '1h' : '5m',
    bucket_start: new Date(fromMs + Math.floor(n / 4) * 3_600_000).toISOString(),
    grain_id: 1000 + (n % 12),
    scoring_version: 'v1',
  }));
  await insertRows(
    session,
    'core.sla_input',
    scores.map(({ score_id, scoring_version: _version, ...key }) => ({ ...key, input_id: score_id, inputs: {} })),
    random,
  );
  await insertRows(
    session,
    'core.sla_input_current',
    scores.slice(0, 20).map(({ score_id, scoring_version: _version, ...key }) => ({
      ...key,
      input_id: score_id,
      input_hash: 'h',
    })),
  );
  await insertRows(
    session,
    'core.sla_score',
    scores.map((score) => ({ ...score, input_id: score.score_id, subscores: { latency: 0.5 }, benchmarks: {} })),
    random,
  );
  await insertRows(
    session,
    'core.sla_score_current',
    scores.slice(0, 30).map((score) => ({ ...score, result_hash: 'h' })),
  );
  await insertRows(
    session,
    'work.parked_session',
    [1, 2].map((n) => ({
      org: 'daydream',
      session_key: `s-${n}`,
      session_id: `s_${String(n).padStart(24, '0')}`,
      slice_starts: [from.toISOString()],
      reason: 'unresolvable',
      retry_at: to.toISOString(),
    })),
    random,
  );
  await insertRows(
    session,
    'core.sla_benchmark',
    [1, 2].map((revision) => ({ for_day: '2026-03-03', pipeline: 'p', model: 'm', kind: 'ptff', revision })),
    random,
  );
}
