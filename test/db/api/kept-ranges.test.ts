import { getNamedType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '../../../src/schema/schema.js';
import { useApi } from './api-under-test.js';
import { seedAuths, seedTickets, seedWorkers } from './message-rows.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedOrchestrators, seedSessions } from './network.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const DAY_MS = 24 * HOUR_MS;
const MINUTE = 60_000;
const CORE_FLOOR = Date.UTC(2025, 11, 20);
const RAW_FLOOR = Date.UTC(2026, 0, 3);
const FLOOR_5M = Date.UTC(2026, 0, 5);
const [A = ''] = ORCHESTRATORS;
const LIVE = 'live-video-to-video';
const api = useApi(NOW);

/** Each instant has one of everything, alone in its 5 minutes. */
const INSTANTS = [
  CORE_FLOOR - HOUR_MS + MINUTE,
  CORE_FLOOR + 2 * HOUR_MS + MINUTE,
  FLOOR_5M - 2 * HOUR_MS + MINUTE,
  FLOOR_5M - HOUR_MS + MINUTE,
  FLOOR_5M + HOUR_MS + MINUTE,
  NOW - HOUR_MS,
];

beforeAll(async () => {
  const { owner } = api();
  await seedOrchestrators(owner, [A], NOW - HOUR_MS);
  const place = { gateway: 'gw-1', orchestrator: A, pipeline: LIVE };
  await seedSessions(
    owner,
    INSTANTS.map((startedMs, index): SeedSession => {
      const id = `s_${String(index + 1).padStart(24, '0')}`;
      return {
        ...{ id, orchestrator: A, startedMs, fps: [20, 21], swaps: 1, outcome: 'failed', failureReason: 'timeout' },
      };
    }),
  );
  await seedTickets(
    owner,
    INSTANTS.map((atMs, index) => ({ ...place, id: `t-${index}`, atMs, session: 't', sequence: index + 1 })),
  );
  const asked = INSTANTS.map((atMs, index) => ({ ...place, id: `m-${index}`, atMs, capability: LIVE }));
  await seedAuths(
    owner,
    asked.map((seed) => ({ ...seed, isSuccess: true })),
  );
  await seedWorkers(owner, asked);
  await owner.query('update work.floor set raw_floor = $1, core_floor = $2, rollup_5m_floor = $3', [
    iso(RAW_FLOOR),
    iso(CORE_FLOOR),
    iso(FLOOR_5M),
  ]);
});

const rangeOf = (startMs: number, endMs: number): string => `range: { start: "${iso(startMs)}", end: "${iso(endMs)}" }`;
const BELOW = rangeOf(FLOOR_5M - 3 * HOUR_MS, FLOOR_5M - MINUTE);
const ACROSS = rangeOf(FLOOR_5M - 3 * HOUR_MS, FLOOR_5M + 3 * HOUR_MS);
const ABOVE = rangeOf(FLOOR_5M, FLOOR_5M + 3 * HOUR_MS);

async function ask(query: string) {
  const { data, errors } = await api().query(query);
  expect(errors).toBeUndefined();
  return data;
}

async function refused(query: string) {
  const { data, errors } = await api().query(query);
  const [error] = errors ?? [];
  return { data, code: error?.extensions.code ?? 'answered', message: error?.message };
}

const fields = Object.values(buildSchema().getQueryType()?.getFields() ?? {});
const takesBucket = fields.filter(({ args }) => args.some(({ type }) => getNamedType(type).name === 'Bucket'));

/** What counts the same in 5 minutes and hours, so that 5 minutes are answered unasked; with a number to count by. */
const ADDITIVE = {
  networkDemand: 'knownCount',
  failureReasons: 'failureCount',
  swapReasons: 'swapCount',
  ticketMetrics: 'ticketCount',
  byocAuthMetrics: 'eventCount',
  byocWorkerMetrics: 'eventCount',
} as const;

describe('a range without a bucket is answered in the finest one that is kept for all of it', () => {
  test.each(Object.entries(ADDITIVE))('%s', async (field, count) => {
    const answer = async (range: string) =>
      (
        await ask(`{ ${field}(${range}) { rangeUsed { start bucket } total { ${count} }
          points { start metrics { ${count} } } } }`)
      )[field];
    const below = await answer(BELOW);
    expect(below.rangeUsed).toEqual({ start: iso(FLOOR_5M - 3 * HOUR_MS), bucket: 'HOUR_1' });
    expect(below.total).toEqual({ [count]: 2 });
    expect(below.points).toEqual([
      { start: iso(FLOOR_5M - 3 * HOUR_MS), metrics: null },
      { start: iso(FLOOR_5M - 2 * HOUR_MS), metrics: { [count]: 1 } },
      { start: iso(FLOOR_5M - HOUR_MS), metrics: { [count]: 1 } },
    ]);
    const across = await answer(ACROSS);
    expect(across.rangeUsed.bucket).toBe('HOUR_1');
    expect(across.total).toEqual({ [count]: 3 });
    const above = await answer(ABOVE);
    expect(above.rangeUsed).toEqual({ start: iso(FLOOR_5M), bucket: 'MINUTE_5' });
    expect(above.total).toEqual({ [count]: 1 });
    expect(above.points).toHaveLength(36);
  });

  test('wherever a bucket can be asked for', async () => {
    for (const { name } of takesBucket) {
      const data = await ask(`{ ${name}(${BELOW}) { rangeUsed { bucket } } }`);
      expect(data[name].rangeUsed, name).toEqual({ bucket: 'HOUR_1' });
    }
    expect(takesBucket.map(({ name }) => name)).toEqual(expect.arrayContaining(['statusSeries', 'paymentTotals']));
  });

  test('status samples, and the demand of a gateway', async () => {
    const { statusSeries } = await ask(`{ statusSeries(${BELOW}) { points { metrics { statusSampleCount } } } }`);
    expect(statusSeries.points).toEqual([
      { metrics: null },
      { metrics: { statusSampleCount: 2 } },
      { metrics: { statusSampleCount: 2 } },
    ]);
    const demand = (range: string) => `demand(${range}) { rangeUsed { bucket } metrics { knownCount } }`;
    const { gateways } = await ask(
      `{ gateways { edges { node { below: ${demand(BELOW)} above: ${demand(ABOVE)} } } } }`,
    );
    expect(gateways.edges.map(({ node }: { node: object }) => node)).toEqual([
      {
        below: { rangeUsed: { bucket: 'HOUR_1' }, metrics: { knownCount: 2 } },
        above: { rangeUsed: { bucket: 'MINUTE_5' }, metrics: { knownCount: 1 } },
      },
    ]);
  });

  test('whatever is read from single rows stays in 5 minutes', async () => {
    const data = await ask(`{ ticketSessions(${BELOW}) { rangeUsed { bucket } total { ticketCount } }
      byocWorkers(${BELOW}) { rangeUsed { bucket } capabilities { eventCount } }
      byocAuth(${BELOW}) { rangeUsed { bucket } capabilities { eventCount } } }`);
    expect(data).toEqual({
      ticketSessions: { rangeUsed: { bucket: 'MINUTE_5' }, total: { ticketCount: 2 } },
      byocWorkers: { rangeUsed: { bucket: 'MINUTE_5' }, capabilities: [{ eventCount: 2 }] },
      byocAuth: { rangeUsed: { bucket: 'MINUTE_5' }, capabilities: [{ eventCount: 2 }] },
    });
  });
});

describe('a bucket that is not kept for all of the range it is asked for is refused', () => {
  test('wherever one can be asked for', async () => {
    for (const { name } of takesBucket) {
      for (const range of [BELOW, ACROSS]) {
        const { code } = await refused(`{ ${name}(${range}, bucket: MINUTE_5) { rangeUsed { bucket } } }`);
        expect(code, name).toBe('RANGE_NOT_KEPT');
      }
      await ask(`{ ${name}(${ABOVE}, bucket: MINUTE_5) { rangeUsed { bucket } } }`);
      await ask(`{ ${name}(${ACROSS}, bucket: HOUR_1) { rangeUsed { bucket } } }`);
    }
  });

  test('the refusal says from when on it is kept, and which one is', async () => {
    const { message } = await refused(`{ networkDemand(${ACROSS}, bucket: MINUTE_5) { totalCount } }`);
    expect(message).toBe(
      'the range starts at 2026-01-04T21:00:00.000Z, wanted MINUTE_5 from 2026-01-05T00:00:00.000Z on or HOUR_1 from 2025-12-20T00:00:00.000Z on',
    );
  });

  test('inside a gateway and an orchestrator too, and the rest of the answer stands', async () => {
    const discovery = (args: string) => `discovery(${args}) { rangeUsed { bucket } points { start } }`;
    const demand = (args: string) => `demand(${args}) { rangeUsed { bucket } }`;
    for (const [root, field] of [
      [`orchestrator(address: "${A}")`, discovery],
      ['gateway(org: "daydream", name: "gw-1")', demand],
    ] as const) {
      const { code, data } = await refused(
        `{ meta { asOf } one: ${root} { ${field(`${ACROSS}, bucket: MINUTE_5`)} } }`,
      );
      expect([code, data.meta.asOf], root).toEqual(['RANGE_NOT_KEPT', iso(NOW)]);
      const { one } = await ask(`{ one: ${root} { ${field(ACROSS)} } }`);
      expect(Object.values(one), root).toMatchObject([{ rangeUsed: { bucket: 'HOUR_1' } }]);
    }
  });

  test('nothing of a range is kept below hours and days, with or without a bucket', async () => {
    const partly = rangeOf(CORE_FLOOR - 2 * HOUR_MS, CORE_FLOOR + 3 * HOUR_MS);
    for (const { name } of takesBucket) {
      for (const bucket of ['', ', bucket: HOUR_1', ', bucket: DAY_1']) {
        const { code } = await refused(`{ ${name}(${partly}${bucket}) { rangeUsed { bucket } } }`);
        expect(code, name + bucket).toBe('RANGE_NOT_KEPT');
      }
    }
    for (const name of ['networkKpis', 'ticketSessions', 'byocWorkers', 'byocAuth', 'orchestratorSelection']) {
      const pipeline = name === 'orchestratorSelection' ? `, pipeline: "${LIVE}"` : '';
      const { code } = await refused(`{ ${name}(${partly}${pipeline}) { rangeUsed { bucket } } }`);
      expect(code, name).toBe('RANGE_NOT_KEPT');
    }
    const { message } = await refused(`{ networkKpis(${partly}) { requestedSessions { delta } } }`);
    expect(message).toBe(
      'the range starts at 2025-12-19T22:00:00.000Z, wanted HOUR_1 from 2025-12-20T00:00:00.000Z on',
    );
  });

  test('minutes of samples are kept as long as raw events, minutes of demand as long as sessions', async () => {
    const minutes = (startMs: number) => `${rangeOf(startMs, startMs + HOUR_MS)}, bucket: MINUTE_1`;
    const samples = (startMs: number) => refused(`{ statusSeries(${minutes(startMs)}) { rangeUsed { bucket } } }`);
    expect((await samples(RAW_FLOOR)).code).toBe('answered');
    expect(await samples(RAW_FLOOR - MINUTE)).toMatchObject({
      code: 'RANGE_NOT_KEPT',
      message:
        'the range starts at 2026-01-02T23:59:00.000Z, wanted MINUTE_1 from 2026-01-03T00:00:00.000Z on or HOUR_1 from 2025-12-20T00:00:00.000Z on',
    });
    const ofSession = await refused(
      `{ statusSeries(${rangeOf(RAW_FLOOR - HOUR_MS, RAW_FLOOR)}, sessionId: "s_1") { rangeUsed { bucket } } }`,
    );
    expect(ofSession).toMatchObject({
      code: 'RANGE_NOT_KEPT',
      message: 'the range starts at 2026-01-02T23:00:00.000Z, wanted MINUTE_1 from 2026-01-03T00:00:00.000Z on',
    });
    const { networkDemand } = await ask(
      `{ networkDemand(${minutes(CORE_FLOOR + 2 * HOUR_MS)}) { total { knownCount } } }`,
    );
    expect(networkDemand).toEqual({ total: { knownCount: 1 } });
    const demand = await refused(`{ networkDemand(${minutes(CORE_FLOOR - HOUR_MS)}) { total { knownCount } } }`);
    expect(demand.code).toBe('RANGE_NOT_KEPT');
  });

  test('stored scores are kept for ever by the hour, for days by 5 minutes', async () => {
    const scores = (startMs: number, bucket: string, asOf = `, asOf: "${iso(NOW)}"`) =>
      refused(
        `{ slaScores(${rangeOf(startMs, startMs + HOUR_MS)}, bucket: ${bucket}${asOf}) { rangeUsed { bucket } } }`,
      );
    const keptFrom = Date.UTC(2026, 0, 3);
    expect((await scores(keptFrom, 'MINUTE_5')).code).toBe('answered');
    expect((await scores(keptFrom - 5 * MINUTE, 'MINUTE_5')).message).toBe(
      'the range starts at 2026-01-02T23:55:00.000Z, wanted MINUTE_5 from 2026-01-03T00:00:00.000Z on or HOUR_1 of any time',
    );
    expect((await scores(CORE_FLOOR - 100 * DAY_MS, 'HOUR_1')).code).toBe('answered');
    expect((await scores(CORE_FLOOR - 100 * DAY_MS, 'HOUR_1', '')).code).toBe('RANGE_NOT_KEPT');
  });

  test('REST answers 400 with the code', async () => {
    const get = async (path: string) => {
      const response = await fetch(`${api().url}${path}`);
      return { status: response.status, body: await response.json() };
    };
    const [start, end] = [iso(FLOOR_5M - 3 * HOUR_MS), iso(FLOOR_5M + 3 * HOUR_MS)];
    for (const path of ['/v1/network/demand', '/v1/gpu/metrics']) {
      const { status, body } = await get(`${path}?window=5m&start=${start}&end=${end}`);
      expect([status, body.title], path).toEqual([400, 'RANGE_NOT_KEPT']);
      expect((await get(`${path}?window=5m&start=${iso(FLOOR_5M)}&end=${end}`)).status).toBe(200);
      expect((await get(`${path}?window=1h&start=${start}&end=${end}`)).status).toBe(200);
    }
    const { body } = await get(`/v1/network/demand?start=${start}&end=${end}`);
    expect(body.data).toHaveLength(3);
  });
});

describe('the range before is null rather than a part', () => {
  const NUMBERS = 'previousRangeUsed { start } total { knownCount } previousTotal { knownCount }';

  test('while the range itself is answered', async () => {
    const { networkDemand } = await ask(`{ networkDemand(${ABOVE}, groupBy: [ORCHESTRATOR]) {
      rangeUsed { bucket } ${NUMBERS} edges { node { metrics { knownCount } previous { knownCount } } } } }`);
    expect(networkDemand).toEqual({
      rangeUsed: { bucket: 'MINUTE_5' },
      previousRangeUsed: { start: iso(FLOOR_5M - 3 * HOUR_MS) },
      total: { knownCount: 1 },
      previousTotal: null,
      edges: [{ node: { metrics: { knownCount: 1 }, previous: null } }],
    });
    // [23:00, 02:00) before it, of which 5 minutes would know only what came after midnight
    const partly = rangeOf(FLOOR_5M + 2 * HOUR_MS, FLOOR_5M + 5 * HOUR_MS);
    const part = await ask(`{ networkDemand(${partly}) { previousTotal { knownCount } }
      hours: networkDemand(${partly}, bucket: HOUR_1) { previousTotal { knownCount } } }`);
    expect(part).toEqual({
      networkDemand: { previousTotal: null },
      hours: { previousTotal: { knownCount: 2 } },
    });
    const hours = await ask(`{ networkDemand(${ABOVE}, bucket: HOUR_1) { ${NUMBERS} } }`);
    expect(hours.networkDemand).toMatchObject({ total: { knownCount: 1 }, previousTotal: { knownCount: 2 } });
  });

  test('of the network: no figure has one, and no change; fees, which have no null, are refused', async () => {
    const kpi = '{ current { value } previous { value unit nullReason } delta }';
    const range = rangeOf(CORE_FLOOR + HOUR_MS, CORE_FLOOR + 4 * HOUR_MS);
    const { networkKpis } = await ask(`{ networkKpis(${range}) { requestedSessions ${kpi} serviceMinutes ${kpi}
      startupSuccessRatio ${kpi} score ${kpi} fees { currentWei } } }`);
    const previous = (unit: string) => ({ value: null, unit, nullReason: 'NO_DATA' });
    expect(networkKpis).toEqual({
      requestedSessions: { current: { value: 1 }, previous: previous('COUNT'), delta: null },
      serviceMinutes: { current: { value: 5 }, previous: previous('MINUTES'), delta: null },
      startupSuccessRatio: { current: { value: 0 }, previous: previous('RATIO'), delta: null },
      score: { current: { value: expect.any(Number) }, previous: previous('POINTS'), delta: null },
      fees: { currentWei: '0' },
    });
    for (const field of ['previousWei', 'deltaWei']) {
      expect((await refused(`{ networkKpis(${range}) { fees { ${field} } } }`)).code).toBe('RANGE_NOT_KEPT');
    }
  });
});

describe('what is asked for costs no more', () => {
  const total = (range: string) => `networkDemand(${range}) { total { knownCount } }`;
  const count = (query: string) => api().countStatements(() => ask(query));

  test('of the last two days nothing is read but itself', async () => {
    expect(await count(`{ ${total(rangeOf(NOW - 2 * DAY_MS, NOW))} }`)).toBe(2);
  });

  test('further back the floors are read once for a whole request', async () => {
    expect(await count(`{ ${total(ABOVE)} }`)).toBe(3);
    expect(
      await count(`{ a: ${total(ABOVE)} b: ${total(BELOW)} statusSeries(${BELOW}) { rangeUsed { bucket } } }`),
    ).toBe(6);
  });
});
