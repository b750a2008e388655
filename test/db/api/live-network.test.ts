import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gpuNaming } from '../../../src/jobs/naming.js';
import { refreshAll } from '../warehouse/engine-comparison.js';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedSessions } from './network.js';
import { element, openReportSink, PUBLIC_ID_KEY, type ReportSink } from './reports.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const MINUTE = 60_000;
const LIVE = 'live-video-to-video';
const [A = '', B = '', C = ''] = ORCHESTRATORS;
const gpuId = gpuNaming(PUBLIC_ID_KEY);
const api = useApi(NOW);
let sink: ReportSink;

/** A session last seen so long ago, without a close unless told. */
const open = (
  id: string,
  silentMinutes: number,
  orchestrator: string,
  fields: Partial<SeedSession> = {},
): SeedSession => ({
  ...{ id: `s_${id.padStart(24, '0')}`, orchestrator, isCompleted: false, minutes: 10 },
  startedMs: NOW - (silentMinutes + 10) * MINUTE,
  ...fields,
});
/** One that ended two hours ago, on a known GPU. */
const past = (id: string, orchestrator: string, uuid: string, fps: readonly number[]): SeedSession => ({
  ...{ id: `s_${id.padStart(24, '0')}`, orchestrator, gpu: gpuId(uuid), fps, model: 'sd' },
  startedMs: NOW - 2 * HOUR_MS,
});

const sessions: readonly SeedSession[] = [
  open('1', 0, A),
  open('2', 1, A, { gateway: 'gw-2' }),
  open('3', 1, B, { model: 'sdxl' }),
  open('4', 2, B),
  open('5', 29, C),
  open('6', 30, A),
  open('7', 20 * 60, C),
  open('8', 26 * 60, C),
  open('9', 0, A, { isCompleted: true }),
  open('10', 0, A, { isSynthetic: true }),
  open('11', 0, '', { outcome: 'failed', isCompleted: true, gateway: 'gw-2' }),
  past('12', A, 'u1', [20, 22]),
  past('13', B, 'u3', [10, 10]),
];
const gpu = (uuid: string, name: string, model = 'sd') => ({ uuid, name, model });
const price = (wei: string) => ({ sd: wei });

beforeAll(async () => {
  sink = await openReportSink(api());
  await seedSessions(api().owner, sessions);
  // of the three the second is in force: the first is corrected, the last is for later
  await api().owner.query(`insert into config.model_target (pipeline, model, fps_target, valid_from, known_at) values
    ('${LIVE}', 'sd', 12, '2026-01-01Z', '2026-01-01Z'), ('${LIVE}', 'sd', 24, '2026-01-01Z', '2026-01-02Z'),
    ('${LIVE}', 'sd', 48, '2027-01-01Z', '2026-01-02Z')`);
  await sink.send([
    {
      id: 'fresh',
      atMs: NOW - 10 * MINUTE,
      elements: [
        {
          address: A,
          models: { sd: { warm: true, capacity: 4, capacityInUse: 1 }, sdxl: { capacity: 1 } },
          gpus: [gpu('u1', 'RTX 4090'), gpu('u2', 'RTX 4090')],
          prices: price('100'),
        },
        {
          address: B,
          models: { sd: { warm: true, capacity: 2, capacityInUse: 2 } },
          gpus: [gpu('u3', 'H100')],
          prices: price('300'),
        },
        {
          address: C,
          models: { sd: { capacity: 3 } },
          gpus: [gpu('u4', 'H100'), gpu('u5', 'RTX 4090')],
          prices: price('200'),
        },
      ].map(element),
    },
    {
      id: 'stale',
      atMs: NOW - 61 * MINUTE,
      elements: [{ address: `0x${'d'.repeat(40)}`, models: { sd: { capacity: 9 } }, gpus: [gpu('u9', 'A100')] }].map(
        element,
      ),
    },
  ]);
});
afterAll(() => sink.close());

async function ask(text: string) {
  const { data, errors } = await api().query(text);
  expect(errors).toBeUndefined();
  return data;
}

describe('live sessions', () => {
  test('are live under 2 minutes, idle under 30, then lost for a day, by the clock of the request', async () => {
    const counts = 'asOf liveCount idleCount lostCount';
    expect((await ask(`{ liveSessions { ${counts} totalCount } }`)).liveSessions).toEqual({
      asOf: iso(NOW),
      ...{ liveCount: 3, idleCount: 2, lostCount: 2, totalCount: 1 },
    });
    api().setNow(NOW + MINUTE);
    expect((await ask(`{ liveSessions { ${counts} } }`)).liveSessions).toMatchObject({
      ...{ liveCount: 1, idleCount: 3, lostCount: 3 },
    });
    api().setNow(NOW);
  });

  test('are told apart by orchestrator, pipeline and model, and filtered like everything else', async () => {
    const { liveSessions } = await ask(`{ liveSessions(groupBy: [ORCHESTRATOR, MODEL], first: 2) {
      totalCount edges { node { orchestratorAddress model liveCount idleCount lostCount } } } }`);
    expect(liveSessions.totalCount).toBe(4);
    expect(liveSessions.edges.map(({ node }: { node: unknown }) => node)).toEqual([
      { orchestratorAddress: A, model: 'sd', liveCount: 2, idleCount: 0, lostCount: 1 },
      { orchestratorAddress: B, model: 'sdxl', liveCount: 1, idleCount: 0, lostCount: 0 },
    ]);
    const filtered = await ask(`{
      model: liveSessions(where: { models: ["sdxl"] }) { liveCount idleCount }
      tests: liveSessions(synthetic: ONLY) { liveCount }
      none: liveSessions(where: { models: ["none"] }) { liveCount totalCount edges { cursor } } }`);
    expect(filtered).toEqual({
      model: { liveCount: 1, idleCount: 0 },
      tests: { liveCount: 1 },
      none: { liveCount: 0, totalCount: 0, edges: [] },
    });
  });

  test('take one statement, and one more for the lost ones', async () => {
    const count = (fields: string) =>
      api().countStatements(() =>
        ask(`{ liveSessions(groupBy: [ORCHESTRATOR, MODEL]) { edges { node { ${fields} } } } }`),
      );
    expect(await count('liveCount idleCount')).toBe(1);
    expect(await count('liveCount lostCount')).toBe(2);
  });
});

describe('pipelines and models', () => {
  test('are what fresh reports offer: orchestrators, GPUs, capacity, price and active streams', async () => {
    const fields = `orchestratorCount warmOrchestratorCount gpuCount capacity capacityInUse { value sampleCount }
      capacityAvailable { value sampleCount } liveSessionCount
      price { priceCount minWeiPerPixel medianWeiPerPixel maxWeiPerPixel }`;
    const { models, pipelines } = await ask(
      `{ models { totalCount edges { node { pipeline model ${fields} } } } pipelines { pipeline isStreaming ${fields} models { model } } }`,
    );
    const sd = {
      ...{ orchestratorCount: 3, warmOrchestratorCount: 2, gpuCount: 5, capacity: 9, liveSessionCount: 2 },
      capacityInUse: { value: 3, sampleCount: 2 },
      capacityAvailable: { value: 3, sampleCount: 2 },
      price: { priceCount: 3, minWeiPerPixel: '100', medianWeiPerPixel: '200', maxWeiPerPixel: '300' },
    };
    expect(models.edges.map(({ node }: { node: unknown }) => node)).toEqual([
      { pipeline: LIVE, model: 'sd', ...sd },
      {
        ...{ pipeline: LIVE, model: 'sdxl', orchestratorCount: 1, warmOrchestratorCount: 0, gpuCount: 0, capacity: 1 },
        capacityInUse: { value: null, sampleCount: 0 },
        capacityAvailable: { value: null, sampleCount: 0 },
        ...{ liveSessionCount: 1, price: null },
      },
    ]);
    expect(pipelines).toEqual([
      {
        ...{ pipeline: LIVE, isStreaming: true, ...sd, capacity: 10, liveSessionCount: 3 },
        models: [{ model: 'sd' }, { model: 'sdxl' }],
      },
    ]);
    const statements = await api().countStatements(() => ask(`{ pipelines { ${fields} models { ${fields} } } }`));
    expect(statements).toBe(2);
  });

  test('of an orchestrator that nobody reports any more are not offered', async () => {
    api().setNow(NOW + 60 * MINUTE);
    expect(await ask('{ models { totalCount } pipelines { pipeline } gpuMarket { totalCount } }')).toEqual({
      ...{ models: { totalCount: 0 }, pipelines: [], gpuMarket: { totalCount: 0 } },
    });
    api().setNow(NOW);
  });
});

describe('the GPU market', () => {
  const market = async (args = '') =>
    (
      await ask(`{ gpuMarket${args} { totalCount edges { node { gpuModel model gpuCount orchestratorCount capacity
        capacityAvailable { value } price { medianWeiPerPixel } achievedFps { value sampleCount } targetFps
        fpsEfficiency { value nullReason } maxMemoryBytes } } } }`)
    ).gpuMarket;

  test('has GPUs, capacity, price and achieved frame rate against the target by GPU model, adding up to the whole', async () => {
    const { edges } = await market('(where: { models: ["sd"] })');
    const rows = edges.map(({ node }: { node: { capacity: number } }) => node);
    const nothing = {
      achievedFps: { value: null, sampleCount: 0 },
      fpsEfficiency: { value: null, nullReason: 'NO_DATA' },
    };
    expect(rows).toEqual([
      {
        ...{ gpuModel: 'RTX 4090', model: 'sd', gpuCount: 3, orchestratorCount: 1, capacity: 4, targetFps: 24 },
        ...{ capacityAvailable: { value: 3 }, price: { medianWeiPerPixel: '100' }, maxMemoryBytes: 24_000_000_000 },
        ...{ achievedFps: { value: 21, sampleCount: 2 }, fpsEfficiency: { value: 21 / 24, nullReason: 'OK' } },
      },
      {
        ...{ gpuModel: 'H100', model: 'sd', gpuCount: 2, orchestratorCount: 1, capacity: 2, targetFps: 24 },
        ...{ capacityAvailable: { value: 0 }, price: { medianWeiPerPixel: '300' }, maxMemoryBytes: 24_000_000_000 },
        ...{ achievedFps: { value: 10, sampleCount: 2 }, fpsEfficiency: { value: 10 / 24, nullReason: 'OK' } },
      },
      {
        // of one orchestrator with GPUs of two models
        ...{ gpuModel: null, model: 'sd', gpuCount: 0, orchestratorCount: 1, capacity: 3, targetFps: 24 },
        ...{ capacityAvailable: { value: null }, price: { medianWeiPerPixel: '200' }, maxMemoryBytes: null },
        ...nothing,
      },
    ]);
    const { models } = await ask('{ models(where: { models: ["sd"] }) { edges { node { capacity gpuCount } } } }');
    const whole = rows.reduce((sum: number, { capacity }: { capacity: number }) => sum + capacity, 0);
    expect(models.edges[0].node).toEqual({ capacity: whole, gpuCount: 5 });
  });

  test('is filtered, paged, and answered by one statement before and after a refresh', async () => {
    expect((await market('(where: { gpuModels: ["H100"] })')).totalCount).toBe(1);
    const before = await market();
    await refreshAll(api().owner, new Date(NOW));
    expect(await market()).toEqual(before);
    expect(await api().countStatements(() => market())).toBe(1);
    const page = await ask('{ gpuMarket(first: 2) { pageInfo { endCursor hasNextPage } } }');
    expect(page.gpuMarket.pageInfo.hasNextPage).toBe(true);
    expect((await market(`(after: "${page.gpuMarket.pageInfo.endCursor}")`)).edges).toEqual(before.edges.slice(2));
    const { errors } = await api().query('{ gpuMarket(bucket: MINUTE_1) { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('UNSUPPORTED_BUCKET');
  });
});

describe('gateways', () => {
  const DEMAND = `demand { metrics { knownCount requestedCount noOrchestratorCount } servedCount unservedCount
    orchestratorCount orchestrators { orchestratorAddress share { value sampleCount } metrics { knownCount } } }`;

  test('have first and newest session, active streams, served and unserved demand, and whom it went to', async () => {
    const { gateway } = await ask(`{ gateway(org: "daydream", name: "gw-2") {
      name org region firstSessionAt lastSessionAt liveSessionCount ${DEMAND} } }`);
    expect(gateway).toEqual({
      ...{ name: 'gw-2', org: 'daydream', region: null, liveSessionCount: 1 },
      firstSessionAt: iso(NOW - 11 * MINUTE),
      lastSessionAt: iso(NOW - 10 * MINUTE),
      demand: {
        metrics: { knownCount: 2, requestedCount: 2, noOrchestratorCount: 0 },
        ...{ servedCount: 1, unservedCount: 1, orchestratorCount: 1 },
        orchestrators: [{ orchestratorAddress: A, share: { value: 1, sampleCount: 1 }, metrics: { knownCount: 1 } }],
      },
    });
  });

  test('share their demand among orchestrators, most sessions first, over the asked range', async () => {
    const { gateway } = await ask(`{ gateway(org: "daydream", name: "gw-1") {
      all: ${DEMAND} hour: demand(range: { start: "${iso(NOW - 45 * MINUTE)}", end: "${iso(NOW)}" }) { rangeUsed { bucket } metrics { knownCount } } } }`);
    const { orchestrators, orchestratorCount } = gateway.all;
    expect(orchestratorCount).toBe(3);
    expect(orchestrators.map((one: { share: { value: number } }) => one.share.value)).toEqual([4 / 9, 3 / 9, 2 / 9]);
    expect(orchestrators[0]).toMatchObject({ orchestratorAddress: A }); // sessions 1, 6, 9 and 12
    expect(gateway.hour).toEqual({ rangeUsed: { bucket: 'MINUTE_5' }, metrics: { knownCount: 6 } });
  });

  test('are nodes, and a page of them with all of this takes a fixed number of statements', async () => {
    const page = (first: number) =>
      ask(
        `{ gateways(first: ${first}) { totalCount edges { node { id name liveSessionCount ${DEMAND.replace('share', 'orchestrator { address } share')} } } } }`,
      );
    const { gateways } = await page(2);
    expect(gateways.totalCount).toBe(2);
    const { id } = gateways.edges[1].node;
    expect(await ask(`{ node(id: "${id}") { ... on Gateway { name } } }`)).toEqual({ node: { name: 'gw-2' } });
    expect(await api().countStatements(() => page(2))).toBe(await api().countStatements(() => page(1)));
    expect(await api().countStatements(() => page(2))).toBeLessThanOrEqual(6);
    const wrong = await api().query(
      '{ gateways { edges { node { demand { orchestrators(first: 0) { orchestratorAddress } } } } } }',
    );
    expect(wrong.errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
    expect(await ask('{ gateway(org: "daydream", name: "nobody") { name } }')).toEqual({ gateway: null });
  });
});
