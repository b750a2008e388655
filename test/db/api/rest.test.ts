import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const [A = '', B = ''] = ORCHESTRATORS;
const LIVE = 'live-video-to-video';
const api = useApi(NOW);

let sessionCount = 0;
function session(hoursAgo: number, fields: Partial<SeedSession> = {}): SeedSession {
  sessionCount += 1;
  const id = `s_${String(sessionCount).padStart(24, '0')}`;
  return { id, orchestrator: A, startedMs: NOW - hoursAgo * HOUR_MS, fps: [20, 22], gpu: 'gpu_1', ...fields };
}

beforeAll(async () => {
  await seedOrchestrators(api().owner, [A], NOW - HOUR_MS);
  await seedSessions(api().owner, [
    session(1, { e2eMs: 400, swaps: 1 }),
    session(1, { outcome: 'failed' }),
    session(2, { orchestrator: B, gpu: 'gpu_2', region: 'fra', gateway: 'gw-2' }),
    session(3, { gpu: '', model: 'sdxl' }),
    session(30),
    session(30, { gpu: '', model: 'sdxl' }),
    session(100, { gateway: 'g'.repeat(150), model: 'm'.repeat(150) }),
    session(101),
    session(2, { isSynthetic: true }),
  ]);
});

async function get(path: string) {
  const response = await fetch(`${api().url}${path}`);
  return { status: response.status, body: await response.json() };
}
type Row = Record<string, number | string | null>;
const sumOf = (rows: readonly Row[], name: string): number => rows.reduce((total, row) => total + Number(row[name]), 0);

/** Every row of a list, page by page. */
async function walk(path: string, limit: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await get(`${path}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
    rows.push(...body.data);
    expect(body.pagination.has_more).toBe(body.pagination.next_cursor !== null);
    cursor = body.pagination.next_cursor;
  }
  return rows;
}
const hour = (hoursAgo: number): string => iso(Math.floor((NOW - hoursAgo * HOUR_MS) / HOUR_MS) * HOUR_MS);

describe('/v1/network/demand', () => {
  test('has a row per hour, gateway, pipeline and model, newest first, with the numbers of networkDemand', async () => {
    const { status, body } = await get('/v1/network/demand');
    expect(status).toBe(200);
    expect(body.pagination).toEqual({ next_cursor: null, has_more: false, page_size: 3 });
    expect(body.meta).toEqual({ generated_at: iso(NOW), request_id: expect.any(String) });
    expect(body.data[0]).toEqual({
      ...{ window_start: hour(1), org: 'daydream', gateway: 'gw-1', region: null, pipeline_id: LIVE, model_id: 'sd' },
      ...{ known_sessions: 2, requested_sessions: 2, startup_success_sessions: 1, no_orch_sessions: 0 },
      ...{ excused_sessions: 0, failed_sessions: 1, startup_success_rate: 0.5, effective_success_rate: 0.5 },
      ...{ no_swap_rate: 0.5, swap_rate: 0.5, null_reasons: {} },
    });
    expect(body.data.map((row: { window_start: string }) => row.window_start)).toEqual([hour(1), hour(2), hour(3)]);
    const { data } = await api().query('{ networkDemand { total { requestedCount } } }');
    expect(sumOf(body.data, 'requested_sessions')).toBe(data.networkDemand.total.requestedCount);
  });

  test.each([
    ['1m', 'MINUTE_1', 60_000],
    ['5m', 'MINUTE_5', 300_000],
    ['1h', 'HOUR_1', HOUR_MS],
  ])('has buckets of %s with the sums of networkDemand', async (window, bucket, widthMs) => {
    const [start, end] = [hour(3), hour(-1)];
    const { body } = await get(`/v1/network/demand?window=${window}&start=${start}&end=${end}`);
    const { data } = await api().query(
      `{ networkDemand(range: { start: "${start}", end: "${end}" }, bucket: ${bucket}) {
        points { start metrics { requestedCount } } } }`,
    );
    const seen = new Map<string, number>();
    for (const row of body.data) {
      seen.set(row.window_start, (seen.get(row.window_start) ?? 0) + row.requested_sessions);
      expect(Date.parse(row.window_start) % widthMs).toBe(0);
    }
    const points: { start: string; metrics: { requestedCount: number } | null }[] = data.networkDemand.points;
    expect(seen).toEqual(
      new Map(points.flatMap(({ start: at, metrics }) => (metrics ? [[at, metrics.requestedCount] as const] : []))),
    );
    expect(seen.size).toBe(3);
  });

  test('is filtered, and paged by a cursor that belongs to the question', async () => {
    const gateway = await get('/v1/network/demand?gateway_address=gw-2&region=fra');
    expect(gateway.body.data.map((row: { gateway: string }) => row.gateway)).toEqual(['gw-2']);
    const first = (await get('/v1/network/demand?limit=2')).body;
    expect(first.pagination).toMatchObject({ has_more: true, page_size: 2 });
    const rest = (await get(`/v1/network/demand?limit=2&cursor=${first.pagination.next_cursor}`)).body;
    expect([...first.data, ...rest.data]).toEqual((await get('/v1/network/demand')).body.data);
    const since = '/v1/network/demand?since=2026-01-05&until=2026-01-11';
    const whole = (await get(since)).body.data;
    expect([await walk(since, 1), whole.length]).toEqual([whole, 7]);
    const other = await get(`/v1/network/demand?model_id=sd&cursor=${first.pagination.next_cursor}`);
    expect([other.status, other.body.title]).toEqual([400, 'INVALID_CURSOR']);
  });

  test('takes a range by either pair of names, half open', async () => {
    const whole = (await get('/v1/network/demand?since=2026-01-09&until=2026-01-11')).body.data;
    expect(whole.length).toBe(5);
    expect((await get('/v1/network/demand?start=2026-01-09&end=2026-01-11')).body.data).toEqual(whole);
    expect((await get(`/v1/network/demand?start=${hour(2)}&end=${hour(1)}`)).body.data.length).toBe(1);
    expect((await get('/v1/network/demand?window=1d&start=2026-01-09&end=2026-01-11')).body.data.length).toBe(5);
    const quarterPast = iso(Date.parse(hour(2)) + HOUR_MS / 4);
    const half = (await get(`/v1/network/demand?start=${quarterPast}&end=${hour(0)}`)).body.data;
    expect(half.map((row: Row) => row['window_start'])).toEqual([hour(1)]);
  });

  test('is empty where nothing was asked for, without a cursor', async () => {
    for (const query of [
      'region=nowhere',
      `start=${iso(NOW - 1)}&end=${iso(NOW)}`,
      'start=2026-01-02&end=2026-01-03',
    ]) {
      const { status, body } = await get(`/v1/network/demand?${query}`);
      expect([status, body.data]).toEqual([200, []]);
      expect(body.pagination).toEqual({ next_cursor: null, has_more: false, page_size: 0 });
    }
  });
});

describe('/v1/gpu/metrics', () => {
  test('has what known GPUs served, with their model names, and the numbers of serviceMetrics', async () => {
    const { body } = await get(`/v1/gpu/metrics?orchestrator_address=${A.toUpperCase().replace('0X', '0x')}`);
    expect(body.data).toEqual([
      {
        ...{ window_start: hour(1), org: 'daydream', orchestrator_address: A, pipeline_id: LIVE, model_id: 'sd' },
        ...{ gpu_id: 'gpu_1', gpu_model_name: 'RTX 4090', region: null, known_sessions_count: 2 },
        ...{ requested_sessions: 2, startup_success_sessions: 1, service_minutes: 10, avg_output_fps: 21 },
        ...{ fps_sample_count: 4, fps_jitter: null, avg_startup_latency_ms: null, avg_e2e_latency_ms: 400 },
        ...{ p95_e2e_latency_ms: expect.closeTo(400, -1), e2e_sample_count: 1, avg_prompt_to_first_frame_ms: null },
        ...{ prompt_to_first_frame_sample_count: 0, startup_success_rate: 0.5, swap_rate: 0.5 },
        null_reasons: {
          fps_jitter: 'INSUFFICIENT_SAMPLES',
          avg_startup_latency_ms: 'NO_DATA',
          avg_prompt_to_first_frame_ms: 'NO_DATA',
        },
      },
    ]);
    const all = await get('/v1/gpu/metrics');
    expect(all.body.data.map((row: { gpu_id: string }) => row.gpu_id)).toEqual(['gpu_1', 'gpu_2']);
    expect(all.body.data[1].gpu_model_name).toBeNull();
    const { data } = await api().query(
      '{ serviceMetrics(where: { isHardwareBacked: true }) { total { requestedCount serviceMinutes { value } } } }',
    );
    const { requestedCount, serviceMinutes } = data.serviceMetrics.total;
    expect(sumOf(all.body.data, 'requested_sessions')).toBe(requestedCount);
    expect(sumOf(all.body.data, 'service_minutes')).toBe(serviceMinutes.value);
  });

  test('is filtered by GPU and region, in buckets of 5 minutes too, and walked by cursors', async () => {
    const rows = (await get('/v1/gpu/metrics?window=5m&region=fra&gpu_id=gpu_2')).body.data;
    expect(rows.map((row: Row) => [row['window_start'], row['orchestrator_address']])).toEqual([
      [iso(NOW - 2 * HOUR_MS), B],
    ]);
    const since = '/v1/gpu/metrics?since=2026-01-09&until=2026-01-11';
    const whole = (await get(since)).body.data;
    expect([await walk(since, 1), whole.length]).toEqual([whole, 3]);
    expect((await get('/v1/gpu/metrics?region=nowhere')).body.data).toEqual([]);
  });

  test('takes two statements, whatever the number of rows', async () => {
    expect(await api().countStatements(() => get('/v1/gpu/metrics'))).toBe(2);
    expect(await api().countStatements(() => get('/v1/gpu/metrics?limit=1'))).toBe(2);
    expect(await api().countStatements(() => get('/v1/network/demand'))).toBe(1);
  });
});

describe('/v1/sla/compliance', () => {
  const seen = (value: unknown, sampleCount: number) => ({ value, null_reason: 'OK', sample_count: sampleCount });

  test('holds the targets of the network against what was seen', async () => {
    const { body } = await get(`/v1/sla/compliance?orchestrator_id=${A}&period=24h`);
    const score = (await get(`/v1/sla/score?orchestrator_address=${A}`)).body.data.score;
    expect(body.data).toEqual({
      ...{ orchestrator_id: A, period: '24h', period_start: hour(23), period_end: hour(-1), is_compliant: false },
      scoring_version: 'quality-benchmark-v1',
      targets: {
        score: { ...seen(score, 3), target: 95, bound: 'at_least', is_met: false },
        failure_ratio: { ...seen(1 / 3, 3), target: 0.01, bound: 'below', is_met: false },
        swap_ratio: { ...seen(1 / 3, 3), target: 0.05, bound: 'below', is_met: false },
        fps_jitter: { ...seen(expect.closeTo(1 / 21), 6), target: 0.1, bound: 'at_most', is_met: true },
        e2e_latency_ms: { ...seen(400, 1), target: 3000, bound: 'at_most', is_met: true },
      },
    });
  });

  test('judges nobody of whom nothing was seen, and says why each value is missing', async () => {
    const nobody = await get(`/v1/sla/compliance?orchestrator_id=0x${'9'.repeat(40)}`);
    expect([nobody.status, nobody.body.data.is_compliant]).toEqual([200, null]);
    for (const target of Object.values(nobody.body.data.targets)) {
      expect(target).toMatchObject({ value: null, null_reason: 'NO_DATA', is_met: null });
    }
  });

  test('holds the network against them without an orchestrator, with the numbers of serviceMetrics', async () => {
    const { targets } = (await get('/v1/sla/compliance')).body.data;
    const { data } = await api().query(
      '{ serviceMetrics { total { swapRatio { value } effectiveSuccessRatio { value } fpsJitter { value } } } }',
    );
    const { swapRatio, effectiveSuccessRatio, fpsJitter } = data.serviceMetrics.total;
    expect([targets.swap_ratio.value, targets.fps_jitter.value]).toEqual([swapRatio.value, fpsJitter.value]);
    expect(targets.failure_ratio.value).toBeCloseTo(1 - effectiveSuccessRatio.value);
  });
});

test.each([
  ['/v1/network/demand?window=2h', 'INVALID_ARGUMENT', 'window "2h" is not one of 1m, 5m, 1h, 1d'],
  [
    '/v1/network/demand?start=yesterday',
    'INVALID_ARGUMENT',
    'start "yesterday" is not an instant like 2026-01-08T21:43:00Z or a day like 2026-01-08',
  ],
  [
    '/v1/network/demand?until=2026-02-30',
    'INVALID_ARGUMENT',
    'until "2026-02-30" is not an instant like 2026-01-08T21:43:00Z or a day like 2026-01-08',
  ],
  [
    '/v1/network/demand?gateway=a&gateway_address=a',
    'INVALID_ARGUMENT',
    'parameters gateway and gateway_address were both given, wanted one',
  ],
  ['/v1/network/demand?start=2026-01-09', 'INVALID_RANGE', 'start was given without end, wanted both or neither'],
  [
    '/v1/network/demand?start=2026-01-09&since=2026-01-09',
    'INVALID_ARGUMENT',
    'parameters start and since were both given, wanted one',
  ],
  [
    '/v1/network/demand?start=2026-01-09&end=2026-01-08',
    'INVALID_RANGE',
    'range end 2026-01-08T00:00:00.000Z is not after start 2026-01-09T00:00:00.000Z',
  ],
  ['/v1/gpu/metrics?window=1m', 'INVALID_ARGUMENT', 'window "1m" is not one of 5m, 1h, 1d'],
  ['/v1/gpu/metrics?limit=101', 'INVALID_ARGUMENT', 'limit "101" is not a whole number from 1 to 100'],
  ['/v1/gpu/metrics?cursor=x', 'INVALID_CURSOR', expect.any(String)],
  ['/v1/sla/compliance?period=1w', 'INVALID_ARGUMENT', 'period "1w" is not 1h to 2160h or 1d to 90d'],
])('%s is refused: %s', async (path, title, detail) => {
  const { status, body } = await get(path);
  expect(status).toBe(400);
  expect(body).toMatchObject({ title, detail });
});
