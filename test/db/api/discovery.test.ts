import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import { grainOf } from '../../../src/domain/grain.js';
import { insertRows } from '../warehouse/seed.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

/** Over two days, so that the range before has some too. */
const seeded = Array.from({ length: 60 }, (_, index) => ({
  index,
  foundMs: NOW - 40 * HOUR_MS + index * 40 * 60_000,
  orchestrator: index % 5 === 4 ? '' : (ORCHESTRATORS[index % 3] ?? ''),
  gateway: `gw-${index % 2}`,
  latencyMs: index % 7 === 6 ? null : (index * 37) % 900,
}));
type Seeded = (typeof seeded)[number];

const grain = ({ orchestrator, gateway }: Seeded) =>
  grainOf({
    ...{ org: 'daydream', gateway, orchestratorAddress: orchestrator, region: 'EU' },
    ...{ pipeline: '', model: '', gpuId: '', isSynthetic: false },
  });

beforeAll(async () => {
  const { owner } = api();
  const instants = seeded.map(({ foundMs }) => iso(foundMs));
  await owner.query('select naap.ensure_storage($1::timestamptz[])', [instants]);
  const grains = new Map(seeded.map((one) => [grain(one).grainId, grain(one)]));
  await insertRows(
    owner,
    'core.grain',
    [...grains.values()].map((one) => ({
      ...{ grain_id: one.grainId, org: one.org, gateway: one.gateway, orchestrator_address: one.orchestratorAddress },
      ...{ pipeline: '', model: '', gpu_id: '', region: one.region, is_synthetic: false },
    })),
  );
  await insertRows(
    owner,
    'core.discovery',
    seeded.map((one) => ({
      bucket_start: iso(Math.floor(one.foundMs / 300_000) * 300_000),
      discovered_at: iso(one.foundMs),
      org: 'daydream',
      event_id: `e-${one.index}`,
      ordinal: 1,
      grain_id: grain(one).grainId,
      is_known: one.orchestrator !== '',
      latency_ms: one.latencyMs,
      latency_ms_histogram: one.latencyMs === null ? null : encodeSample(one.latencyMs),
    })),
  );
  await owner.query(`select work.mark_buckets('discovery', array(select distinct bucket_start from core.discovery))`);
});

const METRICS = `foundCount unknownOrchestratorCount unusableLatencyCount
  latency { averageMs { value unit sampleCount nullReason } p50Ms { value } p95Ms { value } p99Ms { value } }`;

function expectFigures(metrics: Figures, own: readonly Seeded[]): void {
  const latencies = own.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
  const rank = (quantile: number) => latencies[Math.ceil(quantile * latencies.length) - 1] ?? 0;
  expect(metrics).toMatchObject({
    foundCount: own.length,
    unknownOrchestratorCount: own.filter(({ orchestrator }) => orchestrator === '').length,
    unusableLatencyCount: own.filter(({ latencyMs }) => latencyMs === null).length,
  });
  expect(metrics.latency.averageMs).toMatchObject({ unit: 'MILLISECONDS', sampleCount: latencies.length });
  expect(metrics.latency.averageMs.value).toBeCloseTo(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length, 9);
  for (const [name, quantile] of [
    ['p50Ms', 0.5],
    ['p95Ms', 0.95],
    ['p99Ms', 0.99],
  ] as const) {
    expect(Math.abs(metrics.latency[name].value - rank(quantile)), name).toBeLessThanOrEqual(0.0101 * rank(quantile));
  }
}

interface Figures {
  readonly latency: Readonly<Record<'averageMs' | 'p50Ms' | 'p95Ms' | 'p99Ms', { readonly value: number }>>;
}

const isWithin = (startMs: number, endMs: number) => (one: Seeded) => one.foundMs >= startMs && one.foundMs < endMs;
const hour = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;
const END = hour(NOW) + HOUR_MS;

describe('discoveryMetrics', () => {
  test('count each find once over the last day, the day before and its points', async () => {
    const { data, errors } = await api().query(`{ discoveryMetrics(bucket: HOUR_1) {
      rangeUsed { start end } total { ${METRICS} } previousTotal { ${METRICS} } points { metrics { foundCount } } } }`);
    expect(errors).toBeUndefined();
    const { total, previousTotal, points, rangeUsed } = data.discoveryMetrics;
    expect(rangeUsed).toEqual({ start: iso(END - 24 * HOUR_MS), end: iso(END) });
    expectFigures(total, seeded.filter(isWithin(END - 24 * HOUR_MS, END)));
    expectFigures(previousTotal, seeded.filter(isWithin(END - 48 * HOUR_MS, END - 24 * HOUR_MS)));
    const inPoints = points.map(({ metrics }: { metrics: { foundCount: number } | null }) => metrics?.foundCount ?? 0);
    expect(inPoints).toEqual(
      Array.from({ length: 24 }, (_, n) => {
        const startMs = END - (24 - n) * HOUR_MS;
        return seeded.filter(isWithin(startMs, startMs + HOUR_MS)).length;
      }),
    );
  });

  test('have the same percentiles at any grouping and width', async () => {
    const range = `range: { start: "${iso(END - 48 * HOUR_MS)}", end: "${iso(END)}" }`;
    for (const bucket of ['MINUTE_5', 'HOUR_1', 'DAY_1']) {
      const { data, errors } = await api().query(`{
        discoveryMetrics(${range}, bucket: ${bucket}, groupBy: [ORCHESTRATOR, GATEWAY], first: 50) {
          totalCount edges { node { orchestratorAddress gateway metrics { ${METRICS} } } } } }`);
      expect(errors).toBeUndefined();
      expect(data.discoveryMetrics.totalCount).toBe(new Set(seeded.map((one) => grain(one).grainId)).size);
      for (const { node } of data.discoveryMetrics.edges) {
        const own = seeded.filter(
          ({ orchestrator, gateway }) =>
            (orchestrator || null) === node.orchestratorAddress && gateway === node.gateway,
        );
        expectFigures(node.metrics, own);
      }
    }
  });

  test('say NO_DATA where nothing has a latency, and have no MINUTE_1', async () => {
    const silent = seeded.find(({ latencyMs }) => latencyMs === null);
    const start = Math.floor((silent?.foundMs ?? 0) / 300_000) * 300_000;
    const { data } = await api().query(`{ discoveryMetrics(bucket: MINUTE_5,
      range: { start: "${iso(start)}", end: "${iso(start + 300_000)}" }) { total { ${METRICS} } } }`);
    expect(data.discoveryMetrics.total).toMatchObject({
      foundCount: 1,
      unusableLatencyCount: 1,
      latency: { averageMs: { value: null, nullReason: 'NO_DATA', sampleCount: 0 }, p50Ms: { value: null } },
    });
    const { errors } = await api().query('{ discoveryMetrics(bucket: MINUTE_1) { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });
});
