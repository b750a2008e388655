import { encodeBins, encodeSample, fpsBin } from '../../../src/domain/bins.js';
import { grainOf } from '../../../src/domain/grain.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { insertRows, type Row } from '../warehouse/seed.js';

/** One session of the seeded network, as a test wants to tell it. Instants are milliseconds. */
export interface SeedSession {
  readonly id: string;
  readonly startedMs: number;
  readonly orchestrator: string;
  readonly gateway?: string;
  readonly pipeline?: string;
  readonly model?: string;
  readonly gpu?: string;
  readonly region?: string;
  readonly isSynthetic?: boolean;
  readonly isCompleted?: boolean;
  readonly minutes?: number;
  readonly isRequested?: boolean;
  readonly outcome?: 'success' | 'failed' | 'excused';
  /** Of a session that failed, excused or not; none by default. */
  readonly failureReason?: string;
  readonly swaps?: number;
  /** Output fps of the samples, in the bucket of the start. */
  readonly fps?: readonly number[];
  readonly e2eMs?: number;
  readonly ptffMs?: number;
  readonly startupMs?: number;
  readonly gatewayRoundTripMs?: number;
  readonly hopGatewayRunnerMs?: number;
  readonly hopRunnerMs?: number;
  readonly hopRunnerGatewayMs?: number;
}

export const ORCHESTRATORS = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(40)}`);
export const HOUR_MS = 3_600_000;

/** Writes sessions with their segments, demand and service rows, as the resolver would, and marks their buckets. */
export async function seedSessions(owner: SqlSession, sessions: readonly SeedSession[]): Promise<void> {
  const starts = sessions.map(({ startedMs }) => startedMs);
  await owner.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
    iso(Math.min(...starts) - HOUR_MS),
    iso(Math.max(...starts) + 24 * HOUR_MS),
  ]);
  const grains = new Map(sessions.map((session) => [grainFor(session).grainId, grainFor(session)]));
  const known = await owner.query<{ grain_id: string }>('select grain_id::text from core.grain');
  for (const { grain_id } of known.rows) grains.delete(grain_id);
  await insertRows(
    owner,
    'core.grain',
    [...grains.values()].map((grain) => ({
      grain_id: grain.grainId,
      org: grain.org,
      gateway: grain.gateway,
      orchestrator_address: grain.orchestratorAddress,
      pipeline: grain.pipeline,
      model: grain.model,
      gpu_id: grain.gpuId,
      region: grain.region,
      is_synthetic: grain.isSynthetic,
    })),
  );
  await insertRows(owner, 'core.session', sessions.map(sessionRow));
  await insertRows(owner, 'core.segment', sessions.map(segmentRow));
  await insertRows(owner, 'core.decision', sessions.map(decisionRow));
  await insertRows(
    owner,
    'core.swap',
    sessions.flatMap((session) =>
      Array.from({ length: session.swaps ?? 0 }, (_, ordinal) => swapRow(session, ordinal)),
    ),
  );
  await insertRows(owner, 'core.session_start', sessions.map(startRow));
  for (const [width, widthMs] of [
    ['5m', 300_000],
    ['1h', HOUR_MS],
  ] as const) {
    await insertRows(
      owner,
      `core.session_bucket_${width}`,
      sessions.map((session) => bucketRow(session, widthMs)),
    );
  }
  for (const table of ['session_start', 'session_bucket_5m', 'session_bucket_1h', 'swap']) {
    await owner.query(`select work.mark_buckets($1, (select array_agg(distinct bucket_start) from core.${table}))`, [
      table,
    ]);
  }
}

/** Writes orchestrators with one service URI and one warm offer each. */
export async function seedOrchestrators(owner: SqlSession, addresses: readonly string[], atMs: number): Promise<void> {
  await insertRows(owner, 'fact.capability_content', [
    {
      content_hash: 'h1',
      content: {
        localAddress: '0xlocal',
        version: '0.8.9',
        hardware: [
          {
            pipeline: 'live-video-to-video',
            model: 'sd',
            gpus: [{ uuid: 'GPU-1', name: 'RTX 4090', memoryTotalBytes: 25e9 }],
          },
        ],
        models: [
          {
            capability: 35,
            pipeline: 'live-video-to-video',
            model: 'sd',
            isWarm: true,
            capacity: 2,
            runnerVersion: '',
          },
        ],
        prices: [],
      },
    },
  ]);
  const surface = { content_hash: 'h1', pipeline: 'live-video-to-video', model: 'sd' };
  await insertRows(owner, 'core.capability_reading', [{ content_hash: 'h1', version: '0.8.9' }]);
  await insertRows(owner, 'core.capability_offer', [{ ...surface, is_warm: true, capacity: 2 }]);
  await insertRows(owner, 'core.capability_gpu', [{ ...surface, gpu_id: 'gpu_1', gpu_model: 'RTX 4090' }]);
  await insertRows(
    owner,
    'core.orchestrator_alias',
    addresses.map((address, index) => ({ address, local_address: `0xlocal${index}` })),
  );
  await insertRows(
    owner,
    'core.orchestrator_gpu',
    addresses.map((address) => ({ address, gpu_id: 'gpu_1', first_at: iso(atMs), last_at: iso(atMs + HOUR_MS) })),
  );
  await insertRows(
    owner,
    'core.capability_run',
    addresses.map((address, index) => ({
      org: 'daydream',
      address,
      uri: `https://orch-${index}.example.com:8935`,
      first_at: iso(atMs),
      last_at: iso(atMs + HOUR_MS),
      next_at: null,
      content_hash: 'h1',
      local_address: `0xlocal${index}`,
      first_event_id: 'e1',
      last_event_id: 'e2',
    })),
  );
}

function grainFor(session: SeedSession) {
  return grainOf({
    org: 'daydream',
    gateway: session.gateway ?? 'gw-1',
    orchestratorAddress: session.orchestrator,
    pipeline: session.pipeline ?? 'live-video-to-video',
    model: session.model ?? 'sd',
    gpuId: session.gpu ?? '',
    region: session.region ?? '',
    isSynthetic: session.isSynthetic ?? false,
  });
}

function identity(session: SeedSession): Row {
  const grain = grainFor(session);
  return {
    org: 'daydream',
    session_key: session.id,
    grain_id: grain.grainId,
    orchestrator_address: grain.orchestratorAddress,
    pipeline: grain.pipeline,
    model: grain.model,
    gpu_id: grain.gpuId,
  };
}

function sessionRow(session: SeedSession): Row {
  const fps = session.fps ?? [];
  const endedMs = session.startedMs + (session.minutes ?? 5) * 60_000;
  const outcome = session.outcome ?? 'success';
  return {
    ...identity(session),
    session_id: session.id,
    stream_id: `stream-${session.id}`,
    request_id: `request-${session.id}`,
    gateway: session.gateway ?? 'gw-1',
    region: session.region ?? '',
    is_synthetic: session.isSynthetic ?? false,
    started_at: iso(session.startedMs),
    first_seen_at: iso(session.startedMs),
    last_seen_at: iso(endedMs),
    is_requested: session.isRequested ?? true,
    is_playable: outcome === 'success',
    is_completed: session.isCompleted ?? true,
    ...Object.fromEntries(Object.entries(failureOf(session)).map(([column, text]) => [column, text || null])),
    startup_outcome: outcome === 'success' ? 'success' : 'failed',
    excusal: outcome === 'success' ? null : outcome === 'excused' ? 'excusable_error' : 'none',
    selection_outcome: 'selected',
    explicit_swap_count: session.swaps ?? 0,
    inferred_swap_count: 0,
    segment_count: 1,
    status_sample_count: fps.length,
    fps_sample_count: fps.length,
    fps_positive_count: fps.filter((value) => value > 0).length,
    fps_sum: String(sum(fps)),
    fps_square_sum: String(sum(fps.map((value) => value * value))),
    input_fps_sample_count: 0,
    input_fps_sum: '0',
    health_observed: 3,
    health_expected: 3,
    legacy_health_observed: 3,
    startup_ms: session.startupMs ?? null,
    e2e_ms: session.e2eMs ?? null,
    gateway_round_trip_ms: session.gatewayRoundTripMs ?? null,
    ptff_ms: session.ptffMs ?? null,
    hop_gateway_runner_ms: session.hopGatewayRunnerMs ?? null,
    hop_runner_ms: session.hopRunnerMs ?? null,
    hop_runner_gateway_ms: session.hopRunnerGatewayMs ?? null,
    last_state: fps.length > 0 ? 'ONLINE' : null,
    last_fps: fps.at(-1) ?? null,
    last_input_fps: null,
    milestones: [
      { milestone: 'receive_request', at: iso(session.startedMs), own_at: null, event_id: `${session.id}-1` },
      {
        milestone: 'runner_send_first_processed',
        at: iso(session.startedMs + 2_000),
        own_at: iso(session.startedMs + 1_900),
        event_id: `${session.id}-2`,
      },
    ],
    attribution_outcome: 'resolved',
    attribution_method: 'url',
    prefix: null,
    prefix_until: null,
    fold_version: 1,
  };
}

function segmentRow(session: SeedSession): Row {
  const fps = session.fps ?? [];
  return {
    ...identity(session),
    ordinal: 0,
    started_at: iso(session.startedMs),
    ended_at: iso(session.startedMs + (session.minutes ?? 5) * 60_000),
    observed_url: 'https://orch-0.example.com:8935',
    observed_address: '0xhot',
    outcome: 'resolved',
    method: 'url',
    reason: 'matched',
    confidence: 'high',
    status_sample_count: fps.length,
    fps_sample_count: fps.length,
    fps_sum: String(sum(fps)),
    service_ms: (session.minutes ?? 5) * 60_000,
  };
}

function decisionRow(session: SeedSession): Row {
  const { grain_id: _grain, ...who } = identity(session);
  return {
    ...who,
    ordinal: 0,
    outcome: 'resolved',
    method: 'url',
    reason: 'matched',
    confidence: 'high',
    sightings: [
      {
        address: session.orchestrator,
        uri: 'https://10.0.0.1:8935',
        first_at: iso(session.startedMs),
        last_at: iso(session.startedMs),
        content_hash: 'h1',
        event_id: 'e1',
      },
    ],
    decided_at: iso(session.startedMs),
    superseded_at: null,
  };
}

function swapRow(session: SeedSession, ordinal: number): Row {
  const swappedMs = session.startedMs + 60_000 * (ordinal + 1);
  return {
    bucket_start: iso(bucketOf(swappedMs, 300_000)),
    org: 'daydream',
    session_key: session.id,
    ordinal,
    swapped_at: iso(swappedMs),
    grain_id: grainFor(session).grainId,
    is_requested: session.isRequested ?? true,
    from_address: session.orchestrator,
    to_address: '',
    reason: 'timeout talking to 10.1.2.3',
    reason_class: 'timeout',
    is_explicit: true,
    event_id: `${session.id}-swap-${ordinal}`,
  };
}

function counters(session: SeedSession): Row {
  const requested = (session.isRequested ?? true) ? 1 : 0;
  const outcome = session.outcome ?? 'success';
  const fps = session.fps ?? [];
  const isZeroOutput = fps.length > 0 && fps.every((value) => value <= 0) ? 1 : 0;
  const failed = requested === 1 && outcome === 'failed' ? 1 : 0;
  const swapped = requested === 1 && (session.swaps ?? 0) > 0 ? 1 : 0;
  return {
    known_count: 1,
    requested_count: requested,
    startup_success_count: requested === 1 && outcome === 'success' ? 1 : 0,
    no_orch_count: 0,
    startup_excused_count: requested === 1 && outcome === 'excused' ? 1 : 0,
    startup_failed_count: failed,
    loading_only_count: 0,
    zero_output_count: isZeroOutput,
    output_failed_count: requested * isZeroOutput,
    effective_failed_count: Math.max(failed, requested * isZeroOutput),
    swapped_explicit_count: swapped,
    swapped_inferred_count: 0,
    swapped_count: swapped,
    cold_start_count: 0,
    warm_start_count: 0,
    loading_image_count: 0,
  };
}

function failureOf(session: SeedSession): Row {
  const { startup_failed_count, effective_failed_count, startup_excused_count } = counters(session);
  const failureClass =
    startup_failed_count === 1
      ? 'startup_failed'
      : effective_failed_count === 1
        ? 'zero_output'
        : startup_excused_count === 1
          ? 'excusable_error'
          : '';
  return { failure_class: failureClass, failure_reason: failureClass && (session.failureReason ?? 'none') };
}

function startRow(session: SeedSession): Row {
  return {
    bucket_start: iso(bucketOf(session.startedMs, 300_000)),
    org: 'daydream',
    session_key: session.id,
    grain_id: grainFor(session).grainId,
    gpu_identity_status: session.gpu ? 'resolved' : 'hardware_unresolved',
    selection_outcome: 'selected',
    attribution_outcome: 'resolved',
    ...failureOf(session),
    ...counters(session),
  };
}

function bucketRow(session: SeedSession, widthMs: number): Row {
  const fps = session.fps ?? [];
  const bins = new Map<number, number>();
  for (const value of fps.filter((sample) => sample > 0)) {
    const bin = fpsBin(Math.round(value * 1e6));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return {
    bucket_start: iso(bucketOf(session.startedMs, widthMs)),
    org: 'daydream',
    session_key: session.id,
    grain_id: grainFor(session).grainId,
    is_tail: false,
    is_hardware_backed: Boolean(session.gpu),
    last_seen_at: iso(session.startedMs + (session.minutes ?? 5) * 60_000),
    ...counters(session),
    status_sample_count: fps.length,
    error_sample_count: 0,
    loading_sample_count: fps.filter((value) => value <= 0).length,
    offline_sample_count: 0,
    online_sample_count: fps.filter((value) => value > 0).length,
    degraded_input_sample_count: 0,
    degraded_inference_sample_count: 0,
    error_state_sample_count: 0,
    fps_sample_count: fps.length,
    fps_positive_count: fps.filter((value) => value > 0).length,
    fps_sum: String(sum(fps)),
    fps_square_sum: String(sum(fps.map((value) => value * value))),
    fps_histogram: encodeBins(bins),
    input_fps_sample_count: 0,
    input_fps_sum: '0',
    health_observed_count: 3,
    health_expected_count: 3,
    legacy_health_observed_count: 3,
    service_ms_sum: (session.minutes ?? 5) * 60_000,
    ...latency('startup', session.startupMs),
    ...latency('cold_startup', session.model === 'sdxl' ? session.startupMs : undefined),
    ...latency('warm_startup', undefined),
    ...latency('e2e', session.e2eMs),
    ...latency('gateway_round_trip', session.gatewayRoundTripMs),
    ...latency('ptff', session.ptffMs),
    ...latency('hop_gateway_runner', session.hopGatewayRunnerMs),
    ...latency('hop_runner', session.hopRunnerMs),
    ...latency('hop_runner_gateway', session.hopRunnerGatewayMs),
  };
}

function latency(name: string, ms: number | undefined): Row {
  return {
    [`${name}_sample_count`]: ms === undefined ? 0 : 1,
    [`${name}_ms_sum`]: ms ?? 0,
    [`${name}_ms_histogram`]: ms === undefined ? '0' : encodeSample(ms),
  };
}

function bucketOf(ms: number, widthMs: number): number {
  return Math.floor(ms / widthMs) * widthMs;
}

function sum(values: readonly number[]): number {
  return Math.round(values.reduce((total, value) => total + value, 0) * 1e6) / 1e6;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
