import { beforeAll, describe, expect, test } from 'vitest';
import { encodeSample } from '../../../src/domain/bins.js';
import { grainOf } from '../../../src/domain/grain.js';
import { insertRows } from '../warehouse/seed.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, seedOrchestrators } from './network.js';
import { PAGE_INFO, walk } from './walk.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const api = useApi(NOW);

/** Over two days, so that the range before has some too; two at each instant, the elements of one message. */
const seeded = Array.from({ length: 60 }, (_, index) => ({
  index,
  foundMs: NOW - 40 * HOUR_MS + Math.floor(index / 2) * 80 * 60_000,
  orchestrator: index % 5 === 4 ? '' : (ORCHESTRATORS[index % 3] ?? ''),
  gateway: `gw-${Math.floor(index / 2) % 2}`,
  latencyMs: Math.floor(index / 2) % 7 === 6 ? null : (index * 37) % 900,
}));
type Seeded = (typeof seeded)[number];
const HOT_KEY = `0x${'7'.repeat(40)}`;
const eventId = ({ index }: Seeded) => `e-${Math.floor(index / 2)}`;

const grain = ({ orchestrator, gateway }: Seeded) =>
  grainOf({
    ...{ org: 'daydream', gateway, orchestratorAddress: orchestrator, region: 'EU' },
    ...{ pipeline: '', model: '', gpuId: '', isSynthetic: false },
  });

beforeAll(async () => {
  const { owner } = api();
  await seedOrchestrators(owner, ORCHESTRATORS, NOW - HOUR_MS * 60);
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
      event_id: eventId(one),
      ordinal: 1 + (one.index % 2),
      grain_id: grain(one).grainId,
      orch_url: one.index % 2 === 0 ? 'https://10.0.0.7:8935' : 'https://orch.example.com:8935',
      orch_address: HOT_KEY,
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

interface Edge {
  readonly node: { readonly orchestratorAddress: string; readonly metrics: object; readonly points: object };
}

interface Figures {
  readonly latency: Readonly<Record<'averageMs' | 'p50Ms' | 'p95Ms' | 'p99Ms', { readonly value: number }>>;
}

const isWithin = (startMs: number, endMs: number) => (one: Seeded) => one.foundMs >= startMs && one.foundMs < endMs;
const hour = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;
const END = hour(NOW) + HOUR_MS;

describe('discovery of an orchestrator', () => {
  const RANGE = `range: { start: "${iso(END - 48 * HOUR_MS)}", end: "${iso(END)}" }`;

  test('is its group of discoveryMetrics, in points and as a whole, on every page that shows it', async () => {
    const { data, errors } = await api().query(`{
      orchestrators { edges { node { address discovery(${RANGE}) {
        rangeUsed { start end bucket } metrics { ${METRICS} } points { start metrics { foundCount } } } } } }
      discoveryMetrics(${RANGE}, groupBy: [ORCHESTRATOR]) { rangeUsed { start end bucket }
        edges { node { orchestratorAddress metrics { ${METRICS} } points { start metrics { foundCount } } } } } }`);
    expect(errors).toBeUndefined();
    const groups = new Map(
      data.discoveryMetrics.edges.map(({ node }: Edge) => [node.orchestratorAddress, [node.metrics, node.points]]),
    );
    expect(data.orchestrators.edges).toHaveLength(ORCHESTRATORS.length);
    for (const { node } of data.orchestrators.edges) {
      const { rangeUsed, metrics, points } = node.discovery;
      expect(rangeUsed).toEqual(data.discoveryMetrics.rangeUsed);
      expectFigures(
        metrics,
        seeded.filter(({ orchestrator }) => orchestrator === node.address),
      );
      expect([metrics, points]).toEqual(groups.get(node.address));
    }
  });

  test('is null where no gateway found it, and has no MINUTE_1', async () => {
    const range = `range: { start: "${iso(END - 480 * HOUR_MS)}", end: "${iso(END - 479 * HOUR_MS)}" }`;
    const { data } = await api().query(`{ orchestrator(address: "${ORCHESTRATORS[0]}") {
      discovery(${range}) { metrics { foundCount } } } }`);
    expect(data.orchestrator.discovery.metrics).toBeNull();
    const { errors } = await api().query(
      `{ orchestrator(address: "${ORCHESTRATORS[0]}") { discovery(bucket: MINUTE_1) { metrics { foundCount } } } }`,
    );
    expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });

  test('takes a fixed number of statements, however many orchestrators', async () => {
    const ask = (first: number) => () =>
      api().query(`{ orchestrators(first: ${first}) { edges { node {
        discovery(${RANGE}) { metrics { foundCount } points { metrics { foundCount } } } } } } }`);
    await ask(1)();
    const one = await api().countStatements(ask(1));
    expect(await api().countStatements(ask(3))).toBe(one);
  });
});

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
      foundCount: 2,
      unusableLatencyCount: 2,
      latency: { averageMs: { value: null, nullReason: 'NO_DATA', sampleCount: 0 }, p50Ms: { value: null } },
    });
    const { errors } = await api().query('{ discoveryMetrics(bucket: MINUTE_1) { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });
});

describe('discoveries', () => {
  const NODE = `discoveredAt org eventId ordinal gateway region orchestratorAddress orchestrator { address }
    orchestratorUri latencyMs { value unit sampleCount nullReason }
    event { eventId availability family source { kind topic partition offset } }`;
  const nameOf = ({ eventId: id, ordinal }: Find) => `${id} ${ordinal}`;
  const newestFirst = [...seeded].reverse().map((one) => `${eventId(one)} ${1 + (one.index % 2)}`);
  interface Find {
    readonly eventId: string;
    readonly ordinal: number;
  }
  const ask = (args: string, fields: string) => api().query(`{ discoveries(${args}) { ${fields} } }`);

  /** Names of the finds of a whole list, from either end. */
  async function listed(args: string, size: number, isBackward = false): Promise<string[]> {
    const listOf = async (page: string) => {
      const { data, errors } = await ask(`${page}${args}`, `edges { node { eventId ordinal } } ${PAGE_INFO}`);
      expect(errors).toBeUndefined();
      return data.discoveries;
    };
    return (await walk<Find>(listOf, size, isBackward)).map(nameOf);
  }

  test.each([1, 7, 100])(
    'pages of %i show every find once, newest first, from both ends [SERVING-001]',
    async (size) => {
      // of one message, the later element first: the id breaks the tie
      expect(await listed('', size)).toEqual(newestFirst);
      expect(await listed('', size, true)).toEqual(newestFirst);
    },
  );

  test.each([
    ['', () => true],
    ['gateways: ["gw-1"]', ({ gateway }) => gateway === 'gw-1'],
    [`orchestrators: ["${ORCHESTRATORS[1]}"]`, ({ orchestrator }) => orchestrator === ORCHESTRATORS[1]],
    [
      `orgs: ["daydream"], regions: ["EU"], gateways: ["gw-0"], orchestrators: ["${ORCHESTRATORS[0]}"]`,
      ({ orchestrator, gateway }) => orchestrator === ORCHESTRATORS[0] && gateway === 'gw-0',
    ],
    ['orgs: ["cloudspe"]', () => false],
    ['regions: ["US"]', () => false],
  ] satisfies [string, (one: Seeded) => boolean][])(
    'kept to { %s } are what discoveryMetrics counts',
    async (where, of) => {
      const lastDay = { startMs: END - 24 * HOUR_MS, endMs: END };
      // begins and ends with a bucket that holds a message at its border
      const first = seeded[10]?.foundMs ?? 0;
      const short = { startMs: first, endMs: first + 8 * 80 * 60_000 };
      for (const { startMs, endMs } of [lastDay, short]) {
        const range = `{ start: "${iso(startMs)}", end: "${iso(endMs)}" }`;
        const args = `discoveredIn: ${range}, where: { ${where} }`;
        const { data, errors } = await api().query(
          `{ discoveryMetrics(range: ${range}, where: { ${where} }, bucket: MINUTE_5) { rangeUsed { start end } total { foundCount } } }`,
        );
        expect(errors).toBeUndefined();
        expect(data.discoveryMetrics.rangeUsed).toEqual({ start: iso(startMs), end: iso(endMs) });
        const own = seeded.filter((one) => of(one) && isWithin(startMs, endMs)(one));
        const found = await listed(`, ${args}`, 4);
        expect(found).toHaveLength(own.length);
        expect(data.discoveryMetrics.total?.foundCount ?? 0).toBe(own.length);
        expect((await ask(args, 'totalCount')).data.discoveries.totalCount).toBe(own.length);
      }
    },
  );

  test('say where their message was read, in a fixed number of statements [LINEAGE-002]', async () => {
    const { owner } = api();
    await insertRows(owner, 'raw.source', [
      { source_id: 900, cluster_id: 'test', topic: 'discoveries', partition: 3, org: 'daydream' },
    ]);
    const messages = seeded.filter(({ index }) => index % 2 === 0 && index !== 0);
    await insertRows(
      owner,
      'raw.event',
      messages.map((one) => ({
        ...{ event_at: iso(one.foundMs), envelope_at: iso(one.foundMs), received_at: iso(one.foundMs + 1000) },
        ...{ source_id: 900, org: 'daydream', event_id: eventId(one), family: 'discovery_results' },
        ...{ offset: one.index, payload: '{}' },
      })),
    );
    const { data, errors } = await ask('first: 100', `edges { node { ${NODE} } }`);
    expect(errors).toBeUndefined();
    const nodes = data.discoveries.edges.map(({ node }: { node: object }) => node);
    expect(nodes).toEqual([...seeded].reverse().map(nodeOf));
    const shown = JSON.stringify(nodes);
    expect(shown).not.toContain(HOT_KEY);
    expect(shown).not.toContain('10.0.0.7');
    const statements = (first: number) =>
      api().countStatements(() => ask(`first: ${first}`, `totalCount edges { node { ${NODE} } }`));
    // page, count, orchestrators, events
    expect(await statements(2)).toBe(4);
    expect(await statements(50)).toBe(4);
  });

  test('refuse a range that ends before it starts, an address that is none, a page too large, a cursor of another list', async () => {
    const { data } = await ask('first: 1', PAGE_INFO);
    const { endCursor } = data.discoveries.pageInfo;
    for (const [args, code] of [
      [`discoveredIn: { start: "${iso(NOW)}", end: "${iso(NOW)}" }`, 'INVALID_RANGE'],
      ['where: { orchestrators: ["0x1"] }', 'INVALID_ARGUMENT'],
      ['first: 101', 'INVALID_ARGUMENT'],
      [`after: "${endCursor}", where: { gateways: ["gw-1"] }`, 'INVALID_CURSOR'],
    ] as const) {
      const { errors } = await ask(args, 'totalCount');
      expect(errors?.[0]?.extensions.code, args).toBe(code);
    }
  });

  function nodeOf(one: Seeded): object {
    const { index, foundMs, gateway, latencyMs, orchestrator } = one;
    const isLost = index < 2;
    return {
      ...{ discoveredAt: iso(foundMs), org: 'daydream', eventId: eventId(one), ordinal: 1 + (index % 2) },
      ...{ gateway, region: 'EU', orchestratorAddress: orchestrator || null },
      orchestrator: orchestrator ? { address: orchestrator } : null,
      orchestratorUri: index % 2 === 0 ? null : 'https://orch.example.com:8935',
      latencyMs: {
        ...{ value: latencyMs, unit: 'MILLISECONDS' },
        ...(latencyMs === null ? { sampleCount: 0, nullReason: 'NO_DATA' } : { sampleCount: 1, nullReason: 'OK' }),
      },
      event: {
        ...{ eventId: eventId(one), availability: isLost ? 'NOT_FOUND' : 'KEPT' },
        family: isLost ? null : 'discovery_results',
        source: isLost ? null : { kind: 'KAFKA', topic: 'discoveries', partition: 3, offset: index - (index % 2) },
      },
    };
  }
});
