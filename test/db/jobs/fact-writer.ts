import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { CapabilityContent, SessionEvent, TransportSample } from '../../../src/domain/event.js';
import { compareOrder, orderKeyOf } from '../../../src/domain/order.js';
import { sessionKeyOf } from '../../../src/domain/session-key.js';
import { shardOf } from '../../../src/domain/shard.js';
import { sliceStartMs } from '../../../src/domain/time.js';
import { withTransaction } from '../../../src/warehouse/pool.js';

const ORG = 'daydream';

/** An event of `stream-1|request-1`, a trace of no meaning unless told otherwise. */
export function sessionEvent(fields: Partial<SessionEvent> & { eventAtMs: number; eventId: string }): SessionEvent {
  const ids = { streamId: 'stream-1', requestId: 'request-1', ...fields };
  return {
    sessionKey: sessionKeyOf(ids),
    familyRank: 0,
    streamId: ids.streamId,
    requestId: ids.requestId,
    gateway: 'gateway-1.example.com',
    region: '',
    isSynthetic: false,
    name: 'trace',
    milestones: 0,
    ownAtMs: null,
    orchUrl: '',
    orchAddress: '',
    showsIdentity: false,
    pipelineText: '',
    modelText: '',
    isSwap: false,
    swapToUrl: '',
    swapToAddress: '',
    swapReason: '',
    isError: false,
    message: '',
    failureReason: '',
    isRestart: false,
    isColdStart: null,
    isSample: false,
    state: null,
    fpsMicro: null,
    inputFpsMicro: null,
    hasLastError: false,
    restartCount: null,
    startTimeMs: null,
    ingest: null,
    transport: null,
    ...fields,
  };
}

export interface Sighting {
  readonly address: string;
  readonly localAddress: string;
  readonly uri: string;
  readonly observedAtMs: number;
  readonly eventId: string;
  readonly model: string;
  readonly gpuUuid: string;
}

function contentOf({ localAddress, model, gpuUuid }: Sighting): CapabilityContent {
  const gpus = gpuUuid === '' ? [] : [{ uuid: gpuUuid, name: 'RTX', memoryTotalBytes: 24_000_000_000 }];
  return {
    localAddress,
    version: '0.8.8',
    hardware: gpus.length === 0 ? [] : [{ pipeline: 'live-video-to-video', model, gpus }],
    models: [],
    prices: [],
  };
}

const EVENT_COLUMNS = `
  event_at, org, session_key, event_id, family_rank, name, stream_id, request_id, gateway, region, is_synthetic,
  milestones, own_at, orch_url, orch_address, shows_identity, pipeline_text, model_text, is_swap, swap_to_url,
  swap_to_address, swap_reason, is_error, message, is_restart, is_cold_start, is_sample, state, fps_micro,
  input_fps_micro, has_last_error, restart_count, start_time, failure_reason, conn_quality, bytes_received, bytes_sent, video_jitter_ms,
  video_packets_lost, video_packets_received, audio_jitter_ms, audio_packets_lost, audio_packets_received, rtt_ms`;

/** Writes a batch as ingest does: what is new by id, its facts, and one mark per session and slice, in one transaction. */
export async function ingestFacts(
  pool: Pool,
  events: readonly SessionEvent[],
  sightings: readonly Sighting[] = [],
): Promise<void> {
  const instants = [...events.map((event) => event.eventAtMs), ...sightings.map((one) => one.observedAtMs)];
  if (instants.length === 0) return;
  await pool.query('select naap.ensure_storage($1::timestamptz[])', [instants.map((ms) => new Date(ms))]);
  await withTransaction(pool, async (client) => {
    const known = await client.query<{ event_id: string }>(
      'select event_id from fact.session_event where event_id = any ($1) and org = $2',
      [events.map((event) => event.eventId), ORG],
    );
    const seen = new Set(known.rows.map((row) => row.event_id));
    const news = events.filter((event) => !seen.has(event.eventId) && seen.add(event.eventId));
    const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
    const rows = news.map((event) => ({
      ...event,
      ...event.ingest,
      org: ORG,
      eventAt: date(event.eventAtMs),
      ownAt: date(event.ownAtMs),
      startTime: date(event.startTimeMs),
    }));
    const properties = EVENT_COLUMNS.split(',').map((column) => {
      const name = column.trim();
      return { name, property: name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) };
    });
    await client.query(
      `insert into fact.session_event (${EVENT_COLUMNS})
       select ${properties.map(({ name }) => `(r.f).${name}`).join(', ')}
       from (select jsonb_populate_record(null::fact.session_event, value) as f from jsonb_array_elements($1::jsonb)) as r`,
      [JSON.stringify(rows.map((row) => snakeCase(row, properties)))],
    );
    for (const { transport, ...event } of news) {
      if (transport === null) continue;
      await client.query(
        `insert into fact.transport_sample select (jsonb_populate_record(null::fact.transport_sample, $1::jsonb)).*`,
        [JSON.stringify(transportRow(event, transport))],
      );
    }
    const marks = new Map<string, SessionEvent>();
    for (const event of news) {
      const key = `${event.sessionKey} ${sliceStartMs(event.eventAtMs)}`;
      const before = marks.get(key);
      if (before === undefined || compareOrder(orderKeyOf(event), orderKeyOf(before)) < 0) marks.set(key, event);
    }
    for (const event of marks.values()) {
      await client.query(
        `insert into work.session_mark (shard, org, session_key, slice_start, first_event_at, first_family_rank, first_event_id)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          shardOf(ORG, event.sessionKey),
          ORG,
          event.sessionKey,
          date(sliceStartMs(event.eventAtMs)),
          date(event.eventAtMs),
          event.familyRank,
          event.eventId,
        ],
      );
    }
    for (const sighting of sightings) {
      const content = contentOf(sighting);
      const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
      await client.query('insert into fact.capability_content values ($1, $2) on conflict do nothing', [hash, content]);
      const { rowCount } = await client.query(
        `insert into fact.capability_sighting values ($1, $2, $3, $4, $5, $6, 'gateway-1.example.com', $7) on conflict do nothing`,
        [
          ORG,
          sighting.address,
          sighting.uri,
          date(sighting.observedAtMs),
          sighting.eventId,
          sighting.localAddress,
          hash,
        ],
      );
      if (rowCount === 0) continue;
      await client.query('insert into work.sighting_mark (org, address, uri, observed_at) values ($1, $2, $3, $4)', [
        ORG,
        sighting.address,
        sighting.uri,
        date(sighting.observedAtMs),
      ]);
    }
  });
}

function snakeCase(row: object, properties: readonly { name: string; property: string }[]): object {
  const fields = new Map<string, unknown>(Object.entries(row));
  return Object.fromEntries(properties.map(({ name, property }) => [name, fields.get(property) ?? null]));
}

/** Every current row of what the resolver writes, as text, without what may differ (architecture, law 3). */
export async function readCore(pool: Pool): Promise<Record<string, string[]>> {
  const tables: Record<string, string> = {
    capability_run: 'select * from core.capability_run',
    ...Object.fromEntries(
      [
        'capability_reading',
        'capability_offer',
        'capability_price',
        'capability_gpu',
        'orchestrator_alias',
        'orchestrator_gpu',
      ].map((table) => [table, `select * from core.${table}`]),
    ),
    session: 'select * from core.session',
    segment: 'select * from core.segment',
    swap: 'select * from core.swap',
    session_slice: 'select * from core.session_slice',
    session_identity: 'select * from core.session_identity',
    session_gpu_reading: 'select * from core.session_gpu_reading',
    session_start: 'select * from core.session_start',
    session_bucket_5m: 'select * from core.session_bucket_5m',
    session_bucket_1h: 'select * from core.session_bucket_1h',
    session_ingest_5m: 'select * from core.session_ingest_5m',
    session_ingest_1h: 'select * from core.session_ingest_1h',
    payment: 'select * from core.payment',
    job: 'select * from core.job',
    discovery: 'select * from core.discovery',
    ticket: 'select * from core.ticket',
    byoc_auth: 'select * from core.byoc_auth',
    byoc_worker: 'select * from core.byoc_worker',
    job_decision: `select to_jsonb(d) - 'decision_id' - 'decided_at' as d from core.job_decision as d where superseded_at is null`,
    decision: `select org, session_key, ordinal, outcome, method, reason, confidence, orchestrator_address, pipeline,
      model, gpu_id, sightings from core.decision where superseded_at is null`,
  };
  const core: Record<string, string[]> = {};
  for (const [name, select] of Object.entries(tables)) {
    const { rows } = await pool.query<{ row: string }>(
      `select to_jsonb(t)::text as row from (${select}) as t order by 1`,
    );
    core[name] = rows.map(({ row }) => row);
  }
  return core;
}

function transportRow(event: Omit<SessionEvent, 'transport'>, transport: TransportSample): object {
  const own = Object.entries(transport).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return {
    event_at: new Date(event.eventAtMs),
    org: ORG,
    session_key: event.sessionKey,
    event_id: event.eventId,
    orch_address: event.orchAddress,
    is_synthetic: event.isSynthetic,
    ...Object.fromEntries(own),
  };
}
