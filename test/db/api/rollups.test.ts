import { beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

/** 60 sessions over 30 hours: three orchestrators, two models, unlike frame rates and latencies. */
const sessions: readonly SeedSession[] = Array.from({ length: 60 }, (_, index) => ({
  id: `s_${String(index).padStart(24, '0')}`,
  startedMs: NOW - index * (HOUR_MS / 2) - 60_000,
  orchestrator: ORCHESTRATORS[index % 3] ?? '',
  model: index % 2 === 0 ? 'sd' : 'sdxl',
  gateway: index % 4 === 0 ? 'gw-2' : 'gw-1',
  isSynthetic: index % 10 === 9,
  outcome: index % 7 === 3 ? 'failed' : index % 7 === 5 ? 'excused' : 'success',
  swaps: index % 8 === 6 ? 1 : 0,
  ...(index % 3 === 0 && { gpu: `gpu_${String(index % 2).padStart(16, '0')}` }),
  fps: Array.from({ length: 12 }, (_, sample) => 5 + ((index * 7 + sample * 3) % 25)),
  e2eMs: 500 + ((index * 137) % 2500),
  ptffMs: 2_000 + ((index * 311) % 9000),
  startupMs: 1_000 + ((index * 211) % 8000),
}));
const real = sessions.filter(({ isSynthetic }) => !isSynthetic);
const lastDay = { startMs: Date.UTC(2026, 0, 9, 13), endMs: Date.UTC(2026, 0, 10, 13) };
const inLastDay = real.filter(({ startedMs }) => startedMs >= lastDay.startMs && startedMs < lastDay.endMs);

beforeAll(async () => {
  await seedOrchestrators(api().owner, ORCHESTRATORS, NOW - HOUR_MS * 50);
  await seedSessions(api().owner, sessions);
});

function nearestRank(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN;
}

describe('networkDemand', () => {
  test('counts each session once over the default range, the 24 hours that end with the open one', async () => {
    const { data, errors } = await api().query(`{ networkDemand {
      rangeUsed { start end bucket } previousRangeUsed { start end }
      total { knownCount requestedCount startupFailedCount swappedExplicitCount startupSuccessRatio { value unit sampleCount nullReason } effectiveSuccessRatio { value } noSwapRatio { value } }
      previousTotal { knownCount } points { start metrics { knownCount } } totalCount
    } }`);
    expect(errors).toBeUndefined();
    const { networkDemand } = data;
    const successes = inLastDay.filter(({ outcome }) => outcome === 'success').length;
    const failures = inLastDay.filter(({ outcome }) => outcome === 'failed').length;
    expect(networkDemand.rangeUsed).toEqual({ start: iso(lastDay.startMs), end: iso(lastDay.endMs), bucket: 'HOUR_1' });
    expect(networkDemand.previousRangeUsed.end).toBe(networkDemand.rangeUsed.start);
    expect(networkDemand.total).toMatchObject({
      knownCount: inLastDay.length,
      requestedCount: inLastDay.length,
      startupFailedCount: failures,
      startupSuccessRatio: {
        value: successes / inLastDay.length,
        unit: 'RATIO',
        sampleCount: inLastDay.length,
        nullReason: 'OK',
      },
      effectiveSuccessRatio: { value: (inLastDay.length - failures) / inLastDay.length },
    });
    expect(networkDemand.previousTotal.knownCount).toBe(real.length - inLastDay.length);
    expect(networkDemand.points).toHaveLength(24);
    expect(
      networkDemand.points.reduce(
        (sum: number, point: { metrics: { knownCount: number } | null }) => sum + (point.metrics?.knownCount ?? 0),
        0,
      ),
    ).toBe(inLastDay.length);
    expect(networkDemand.totalCount).toBe(1);
  });

  test.each([['ORCHESTRATOR'], ['PIPELINE, MODEL'], ['GATEWAY, ORCHESTRATOR, MODEL'], ['GPU, REGION'], ['ORG, GPU']])(
    'sums to the whole when grouped by %s, over any paging',
    async (groupBy) => {
      const { data: whole } = await api().query('{ networkDemand { total { knownCount swappedCount } } }');
      let known = 0;
      let cursor: string | null = null;
      const groups = new Set<string>();
      do {
        const { data, errors } =
          await api().query(`{ networkDemand(groupBy: [${groupBy}], first: 2 ${cursor ? `, after: "${cursor}"` : ''}) {
        totalCount edges { node { orchestratorAddress gateway model gpuId metrics { knownCount } points { metrics { knownCount } } } } pageInfo { hasNextPage endCursor } } }`);
        expect(errors).toBeUndefined();
        for (const { node } of data.networkDemand.edges) {
          const { metrics, points, ...key } = node;
          expect(
            points.reduce(
              (sum: number, point: { metrics: { knownCount: number } | null }) =>
                sum + (point.metrics?.knownCount ?? 0),
              0,
            ),
          ).toBe(metrics.knownCount);
          expect(groups.has(JSON.stringify(key))).toBe(false);
          groups.add(JSON.stringify(key));
          known += metrics.knownCount;
        }
        cursor = data.networkDemand.pageInfo.hasNextPage ? data.networkDemand.pageInfo.endCursor : null;
      } while (cursor !== null);
      expect(known).toBe(whole.networkDemand.total.knownCount);
    },
  );

  test.each(['MINUTE_5', 'HOUR_1', 'DAY_1'])('gives the same whole in buckets of %s', async (bucket) => {
    const { data } = await api().query(
      `query ($range: TimeRangeInput) { networkDemand(bucket: ${bucket}, range: $range) { total { knownCount } } }`,
      { range: { start: iso(Date.UTC(2026, 0, 9)), end: iso(Date.UTC(2026, 0, 11)) } },
    );
    const expected = real.filter(({ startedMs }) => startedMs >= Date.UTC(2026, 0, 9)).length;
    expect(data.networkDemand.total.knownCount).toBe(expected);
  });

  test('slices by GPU keep the unresolved part visible, and sum to the whole [AGGREGATE-003]', async () => {
    const { data, errors } = await api().query(`{
      networkDemand(groupBy: [GPU]) { total { knownCount } edges { node { gpuId gpuIdentityStatus metrics { knownCount } } } }
      backed: networkDemand(where: { isHardwareBacked: true }) { total { knownCount } }
      unbacked: networkDemand(where: { isHardwareBacked: false }) { total { knownCount } }
      gpus: serviceMetrics(groupBy: [GPU], where: { isHardwareBacked: true }) { edges { node { gpuId gpuIdentityStatus } } }
      whole: networkDemand { edges { node { gpuIdentityStatus org } } }
      orgs: networkDemand(groupBy: [ORG], where: { orgs: ["daydream"] }) { edges { node { org metrics { knownCount } } } }
    }`);
    expect(errors).toBeUndefined();
    const slices: { gpuId: string | null; gpuIdentityStatus: string; metrics: { knownCount: number } }[] =
      data.networkDemand.edges.map(({ node }: { node: unknown }) => node);
    const withGpu = inLastDay.filter(({ gpu }) => gpu !== undefined).length;
    expect(withGpu).toBeGreaterThan(0);
    for (const { gpuId, gpuIdentityStatus } of slices) {
      expect(gpuIdentityStatus).toBe(gpuId === null ? 'HARDWARE_UNRESOLVED' : 'RESOLVED');
    }
    expect(slices.reduce((sum, { metrics }) => sum + metrics.knownCount, 0)).toBe(inLastDay.length);
    expect(data.backed.total.knownCount).toBe(withGpu);
    expect(data.unbacked.total.knownCount).toBe(inLastDay.length - withGpu);
    expect(data.gpus.edges).toHaveLength(2);
    expect(data.gpus.edges.every(({ node }: { node: { gpuId: string | null } }) => node.gpuId !== null)).toBe(true);
    expect(data.whole.edges[0].node).toEqual({ gpuIdentityStatus: null, org: null });
    expect(data.orgs.edges).toEqual([{ node: { org: 'daydream', metrics: { knownCount: inLastDay.length } } }]);
  });

  test('counts minutes from the sessions themselves', async () => {
    const { data, errors } = await api().query(
      '{ networkDemand(bucket: MINUTE_1) { rangeUsed { bucket } total { knownCount } points { metrics { knownCount } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.networkDemand.points).toHaveLength(360);
    expect(data.networkDemand.total.knownCount).toBe(
      real.filter(({ startedMs }) => startedMs >= Date.UTC(2026, 0, 10, 7)).length,
    );
  });
});

describe('serviceMetrics', () => {
  test('answers averages, jitter and percentiles within 1 % of the exact ones, whatever the grouping', async () => {
    const { data, errors } = await api().query(`{ serviceMetrics(groupBy: [ORCHESTRATOR]) { edges { node {
      orchestratorAddress orchestrator { displayName } metrics {
        averageFps { value } fpsJitter { value } p50Fps { value } p95Fps { value } serviceMinutes { value }
        e2e { averageMs { value sampleCount } p50Ms { value } p95Ms { value } p99Ms { value } }
        gatewayToRunner { p50Ms { value nullReason } } transportBandwidthMbps { value nullReason } } } } } }`);
    expect(errors).toBeUndefined();
    expect(data.serviceMetrics.edges).toHaveLength(3);
    for (const { node } of data.serviceMetrics.edges) {
      const own = inLastDay.filter(({ orchestrator }) => orchestrator === node.orchestratorAddress);
      const fps = own.flatMap((session) => session.fps ?? []);
      const e2e = own.map((session) => session.e2eMs ?? 0);
      const mean = fps.reduce((a, b) => a + b, 0) / fps.length;
      const deviation = Math.sqrt(fps.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fps.length);
      expect(node.metrics.averageFps.value).toBeCloseTo(mean, 6);
      expect(node.metrics.fpsJitter.value).toBeCloseTo(deviation / mean, 6);
      expect(node.metrics.serviceMinutes.value).toBe(own.length * 5);
      expect(node.metrics.e2e.averageMs).toEqual({
        value: e2e.reduce((a, b) => a + b, 0) / e2e.length,
        sampleCount: e2e.length,
      });
      for (const [answer, exact] of [
        [node.metrics.p50Fps.value, nearestRank(fps, 0.5)],
        [node.metrics.p95Fps.value, nearestRank(fps, 0.95)],
        [node.metrics.e2e.p50Ms.value, nearestRank(e2e, 0.5)],
        [node.metrics.e2e.p95Ms.value, nearestRank(e2e, 0.95)],
        [node.metrics.e2e.p99Ms.value, nearestRank(e2e, 0.99)],
      ]) {
        expect(Math.abs(answer / exact - 1)).toBeLessThanOrEqual(0.0101);
      }
      expect(node.metrics.gatewayToRunner.p50Ms).toEqual({ value: null, nullReason: 'NO_DATA' });
      expect(node.metrics.transportBandwidthMbps).toEqual({ value: null, nullReason: 'NOT_COLLECTED' });
    }
  });

  test('holds frame rates against the targets of their models, whatever the grouping', async () => {
    const figures =
      'metrics { fpsEfficiency { value unit nullReason } fpsComplianceRatio { value sampleCount nullReason } }';
    const ask = async (args: string) => {
      const { data, errors } = await api().query(`{ serviceMetrics${args} { edges { node { model ${figures} } } } }`);
      expect(errors).toBeUndefined();
      return data.serviceMetrics.edges.map(({ node }: { node: unknown }) => node);
    };
    expect(await ask('')).toMatchObject([
      { metrics: { fpsEfficiency: { value: null, nullReason: 'NOT_COLLECTED' }, fpsComplianceRatio: { value: null } } },
    ]);
    await api().owner.query(
      "insert into config.model_target (pipeline, model, fps_target, known_at) values ('live-video-to-video', 'sd', 20, $1)",
      [iso(NOW)],
    );
    const fps = inLastDay.filter(({ model }) => model === 'sd').flatMap((session) => session.fps ?? []);
    const efficiency = fps.reduce((sum, value) => sum + value, 0) / (20 * fps.length);
    const compliance = fps.filter((value) => value >= 20).length / fps.length;
    const held = {
      fpsEfficiency: { value: expect.closeTo(efficiency, 9), unit: 'COEFFICIENT', nullReason: 'OK' },
      fpsComplianceRatio: { value: expect.closeTo(compliance, 9), sampleCount: fps.length, nullReason: 'OK' },
    };
    const none = { fpsEfficiency: { value: null, nullReason: 'NOT_COLLECTED' }, fpsComplianceRatio: { value: null } };
    expect(await ask('')).toMatchObject([{ metrics: held }]);
    const byModel = await ask('(groupBy: [MODEL])');
    expect(byModel).toHaveLength(2);
    expect(byModel).toContainEqual(expect.objectContaining({ model: 'sd', metrics: held }));
    expect(byModel).toContainEqual(expect.objectContaining({ model: 'sdxl', metrics: expect.objectContaining({}) }));
    expect(byModel.find(({ model }: { model: string }) => model === 'sdxl')).toMatchObject({ metrics: none });
  });

  test('holds cold and warm start-ups against the thresholds of their models, in numbers and in their sessions', async () => {
    await api().owner.query(
      `insert into config.model_target (pipeline, model, cold_startup_target_ms, warm_startup_target_ms, known_at)
       values ('live-video-to-video', 'sdxl', 5000, 1000, $1)`,
      [iso(NOW)],
    );
    const cold =
      'coldStartup { averageMs { value sampleCount } } coldStartupTargetMs coldStartupComplianceRatio { value }';
    const { data, errors } = await api().query(`{ serviceMetrics(groupBy: [MODEL], first: 5) { edges { node { model
      metrics { ${cold} warmStartupTargetMs }
      contributions(first: 100) { edges { node { metrics { ${cold} } } } } } } } }`);
    expect(errors).toBeUndefined();
    const { metrics, contributions } = data.serviceMetrics.edges
      .map(({ node }: { node: { model: string } }) => node)
      .find(({ model }: { model: string }) => model === 'sdxl');
    const parts = contributions.edges.map(({ node }: { node: { metrics: unknown } }) => node.metrics);
    const told = parts.filter((part: typeof metrics) => part.coldStartup.averageMs.sampleCount > 0);
    expect(told.length).toBeGreaterThan(0);
    expect(metrics.coldStartup.averageMs.sampleCount).toBe(told.length);
    expect(metrics.coldStartupTargetMs).toBe(5000);
    expect(told.map((part: typeof metrics) => part.coldStartupTargetMs)).toEqual(told.map(() => 5000));
    const within = told.filter((part: typeof metrics) => part.coldStartupComplianceRatio.value === 1).length;
    expect(metrics.coldStartupComplianceRatio.value).toBeCloseTo(within / told.length, 9);
  });

  test('says NO_DATA and INSUFFICIENT_SAMPLES rather than 0', async () => {
    const { data } = await api().query(
      `{ serviceMetrics(where: { models: ["none"] }) { total { knownCount } totalCount points { metrics { knownCount } } } }`,
    );
    expect(data.serviceMetrics.total).toBeNull();
    expect(data.serviceMetrics.totalCount).toBe(0);
    expect(data.serviceMetrics.points.every((point: { metrics: unknown }) => point.metrics === null)).toBe(true);
  });

  test('reads a page of groups with series and previous windows in a fixed number of statements', async () => {
    const ask = (first: number) =>
      api().query(`{ serviceMetrics(groupBy: [ORCHESTRATOR, MODEL], first: ${first}) { totalCount total { knownCount } previousTotal { knownCount } points { start }
        edges { node { orchestrator { displayName } previous { knownCount } points { metrics { averageFps { value } } } } } } }`);
    await ask(1);
    const few = await api().countStatements(() => ask(1));
    const many = await api().countStatements(() => ask(6));
    expect(many).toBe(few);
    expect(many).toBeLessThanOrEqual(7);
  });
});

describe('statusSeries', () => {
  test('counts samples by state per hour', async () => {
    const { data, errors } = await api().query(
      '{ statusSeries { rangeUsed { bucket } points { metrics { statusSampleCount states { onlineCount } averageFps { value } } } } }',
    );
    expect(errors).toBeUndefined();
    const counts = data.statusSeries.points.map(
      (point: { metrics: { statusSampleCount: number } | null }) => point.metrics?.statusSampleCount ?? 0,
    );
    expect(counts.reduce((a: number, b: number) => a + b, 0)).toBe(inLastDay.length * 12);
  });

  test('by minute reads samples, and refuses a session in wider buckets', async () => {
    const minutes = await api().query(
      `{ statusSeries(sessionId: "${sessions[0]?.id}") { rangeUsed { bucket } points { start metrics { statusSampleCount } } } }`,
    );
    expect(minutes.errors).toBeUndefined();
    expect(minutes.data.statusSeries.points).toHaveLength(360);
    const hours = await api().query(
      `{ statusSeries(sessionId: "${sessions[0]?.id}", bucket: HOUR_1) { rangeUsed { bucket } } }`,
    );
    expect(hours.errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });
});

describe('arguments', () => {
  test.each([
    ['serviceMetrics(bucket: MINUTE_1)', 'UNSUPPORTED_BUCKET'],
    ['networkDemand(range: { start: "2026-01-10T10:00:00Z", end: "2026-01-10T10:00:00Z" })', 'INVALID_RANGE'],
    ['networkDemand(range: { start: "1990-01-10T10:00:00Z", end: "2026-01-10T10:00:00Z" })', 'INVALID_RANGE'],
    [
      'networkDemand(bucket: MINUTE_5, range: { start: "2026-01-01T00:00:00Z", end: "2026-02-10T10:00:00Z" })',
      'RANGE_TOO_WIDE',
    ],
    [
      'networkDemand(bucket: MINUTE_1, range: { start: "2026-01-01T00:00:00Z", end: "2026-01-01T06:01:00Z" })',
      'RANGE_TOO_WIDE',
    ],
    ['networkDemand(where: { orchestrators: ["0x12"] })', 'INVALID_ARGUMENT'],
  ])('%s is %s', async (field, code) => {
    const { data, errors } = await api().query(`{ ${field} { rangeUsed { start } } meta { asOf } }`);
    expect(errors?.[0]?.extensions.code).toBe(code);
    expect(data.meta.asOf).toBe(iso(NOW));
  });

  test('a range is snapped outwards and the answer says to what', async () => {
    const { data } = await api().query(
      '{ networkDemand(bucket: HOUR_1, range: { start: "2026-01-10T10:10:00Z", end: "2026-01-10T11:00:01Z" }) { rangeUsed { start end bucket } } }',
    );
    expect(data.networkDemand.rangeUsed).toEqual({
      start: '2026-01-10T10:00:00.000Z',
      end: '2026-01-10T12:00:00.000Z',
      bucket: 'HOUR_1',
    });
  });

  test.each([
    ['serviceMetrics', 'HOUR_1', '10:00', '13:00'],
    ['slaScores', 'HOUR_1', '10:00', '13:00'],
    ['networkDemand', 'MINUTE_5', '10:10', '12:05'],
  ])(
    'a short range of %s is of %s unless asked: only whole sessions are alike by 5 minutes [LIFECYCLE-009]',
    async (field, bucket, start, end) => {
      const { data, errors } = await api().query(
        `{ short: ${field}(range: { start: "2026-01-10T10:10:00Z", end: "2026-01-10T12:01:00Z" }) { rangeUsed { start end bucket } }
         asked: ${field}(bucket: MINUTE_5, range: { start: "2026-01-10T10:10:00Z", end: "2026-01-10T12:01:00Z" }) { rangeUsed { bucket } } }`,
      );
      expect(errors).toBeUndefined();
      expect(data.short.rangeUsed).toEqual({
        start: `2026-01-10T${start}:00.000Z`,
        end: `2026-01-10T${end}:00.000Z`,
        bucket,
      });
      expect(data.asked.rangeUsed.bucket).toBe('MINUTE_5');
    },
  );
});
