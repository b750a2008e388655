import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gpuNaming } from '../../../src/jobs/naming.js';
import { useApi } from './api-under-test.js';
import { iso, ORCHESTRATORS } from './network.js';
import { element, openReportSink, PUBLIC_ID_KEY, type Report, type ReportSink, type Service } from './reports.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const MINUTE = 60_000;
const [A = '', B = ''] = ORCHESTRATORS;
const HOT_KEY = `0x${'7'.repeat(40)}`;
const api = useApi(NOW);
const gpuId = gpuNaming(PUBLIC_ID_KEY);
let sink: ReportSink;

beforeAll(async () => {
  sink = await openReportSink(api());
});
beforeEach(() => sink.empty());
afterAll(() => sink.close());

let reportCount = 0;
function report(minutesAgo: number, services: readonly Service[], org = 'daydream'): Report {
  reportCount += 1;
  const id = `report-${reportCount}`;
  return { id, org, atMs: NOW - minutesAgo * MINUTE, elements: services.map(element) };
}

const gpu = (uuid: string, name = 'RTX 4090', model = 'sd') => ({ uuid, name, model });

async function ask(selection: string, address = A) {
  const { data, errors } = await api().query(`{ orchestrator(address: "${address}") { ${selection} } }`);
  expect(errors).toBeUndefined();
  return data.orchestrator;
}

describe('an orchestrator', () => {
  test('has its aliases counted and never shown, public URIs, versions, first and last seen', async () => {
    const first = { address: A, localAddress: HOT_KEY, version: '0.8.1' };
    await sink.send([
      report(90, [first, { ...first, uri: 'https://10.0.0.7:8935', localAddress: 'box' }]),
      report(5, [
        { ...first, version: '0.8.2' },
        { ...first, uri: 'https://two.example.com:8935', localAddress: A },
      ]),
    ]);
    const answer = await api().query(
      `{ orchestrators { edges { node { address aliasCount uris version versions firstSeenAt lastSeenAt isReported } } } }`,
    );
    expect(answer.data.orchestrators.edges).toEqual([
      {
        node: {
          address: A,
          aliasCount: 2,
          uris: ['https://orch.example.com:8935', 'https://two.example.com:8935'],
          version: '0.8.2',
          versions: ['0.8.1', '0.8.2'],
          firstSeenAt: iso(NOW - 90 * MINUTE),
          lastSeenAt: iso(NOW - 5 * MINUTE),
          isReported: true,
        },
      },
    ]);
    expect(JSON.stringify(answer)).not.toContain(HOT_KEY);
  });

  test('that nobody reports any more is told apart by when it was seen last', async () => {
    await sink.send([report(61, [{ address: A, models: { sd: { capacity: 2, capacityInUse: 1 } } }])]);
    expect(await ask('isReported lastSeenAt offers { capacity capacityAvailable { value nullReason } }')).toEqual({
      isReported: false,
      lastSeenAt: iso(NOW - 61 * MINUTE),
      offers: [{ capacity: 2, capacityAvailable: { value: null, nullReason: 'STALE' } }],
    });
    const listed = async (seenSince: number) =>
      (await api().query(`{ orchestrators(where: { seenSince: "${iso(seenSince)}" }) { totalCount } }`)).data;
    expect(await listed(NOW - 61 * MINUTE)).toEqual({ orchestrators: { totalCount: 1 } });
    expect(await listed(NOW - 60 * MINUTE)).toEqual({ orchestrators: { totalCount: 0 } });
  });
});

describe('GPUs', () => {
  test('are counted in the newest report of each service: changed uuids do not add up, and stay as history', async () => {
    await sink.send([
      report(55, [{ address: A, gpus: [gpu('u1'), gpu('u2')] }]),
      report(30, [{ address: A, gpus: [gpu('u3'), gpu('u4')] }]),
      report(5, [
        { address: A, gpus: [gpu('u5'), gpu('u6')] },
        { address: A, uri: 'https://two.example.com:8935', gpus: [gpu('u7', 'H100')] },
      ]),
    ]);
    expect(await ask('gpuCount gpus { gpuId gpuModel memoryBytes surfaces { pipeline model } }')).toEqual({
      gpuCount: 3,
      gpus: ['u5', 'u6', 'u7']
        .map((uuid) => ({
          gpuId: gpuId(uuid),
          gpuModel: uuid === 'u7' ? 'H100' : 'RTX 4090',
          memoryBytes: 24_000_000_000,
          surfaces: [{ pipeline: 'live-video-to-video', model: 'sd' }],
        }))
        .sort((a, b) => (a.gpuId < b.gpuId ? -1 : 1)),
    });
    const { data } = await api().query(`{
      past: gpus(where: { isInstalled: false }) { totalCount edges { node { gpuId firstSeenAt lastSeenAt surfaces { model } } } }
      all: gpus(where: { isInstalled: null }) { totalCount }
      h100: gpus(where: { gpuModels: ["H100"], models: ["sd"], minMemoryBytes: 1000 }) { edges { node { gpuId } } }
    }`);
    expect(data.all.totalCount).toBe(7);
    expect(data.past.totalCount).toBe(4);
    expect(data.past.edges).toContainEqual({
      node: {
        gpuId: gpuId('u1'),
        firstSeenAt: iso(NOW - 55 * MINUTE),
        lastSeenAt: iso(NOW - 55 * MINUTE),
        surfaces: [],
      },
    });
    expect(data.h100.edges).toEqual([{ node: { gpuId: gpuId('u7') } }]);
    expect(gpuId('u7')).toMatch(/^gpu_[0-9a-f]{16}$/);
  });

  test('of a URI given up are gone once the orchestrator was seen for an hour without it', async () => {
    const old = { address: A, uri: 'https://old.example.com:8935', gpus: [gpu('u1')] };
    const moved = { address: A, uri: 'https://new.example.com:8935', gpus: [gpu('u2')] };
    await sink.send([report(80, [old]), report(40, [moved])]);
    expect(await ask('gpuCount')).toEqual({ gpuCount: 2 });
    await sink.send([report(20, [moved])]);
    expect(await ask('gpuCount uris')).toEqual({ gpuCount: 1, uris: [moved.uri, old.uri].sort() });
  });

  test('that two organisations report differently are those of the newer report', async () => {
    await sink.send([
      report(10, [{ address: A, gpus: [gpu('u1'), gpu('u2')] }], 'cloudspe'),
      report(5, [{ address: A, gpus: [gpu('u3')] }]),
    ]);
    expect(await ask('gpuCount')).toEqual({ gpuCount: 1 });
  });
});

describe('capacity', () => {
  const capacity = async () =>
    (await ask('offers { model isWarm capacity capacityInUse { value nullReason } capacityAvailable { value } }'))
      .offers;
  const row = (model: string, offered: number, inUse: number | null) => ({
    model,
    isWarm: false,
    capacity: offered,
    capacityInUse: { value: inUse, nullReason: inUse === null ? 'NO_DATA' : 'OK' },
    capacityAvailable: { value: inUse === null ? null : offered - inUse },
  });

  test('is offered less what the newest report has in use, and unknown where no report ever said', async () => {
    await sink.send([
      report(10, [{ address: A, models: { sd: { capacity: 4, capacityInUse: 3 }, sdxl: { capacity: 2 } } }]),
    ]);
    expect(await capacity()).toEqual([row('sd', 4, 3), row('sdxl', 2, null)]);
    await sink.send([report(5, [{ address: A, models: { sd: { capacity: 4, capacityInUse: 1 } } }])]);
    expect(await capacity()).toEqual([row('sd', 4, 1)]);
  });

  test('is free when a report that used to say what is in use says nothing', async () => {
    const busy = report(10, [{ address: A, models: { sd: { capacity: 4, capacityInUse: 3 } } }]);
    const idle = report(5, [{ address: A, models: { sd: { capacity: 4 } } }]);
    await sink.send([idle, busy]);
    expect(await capacity()).toEqual([row('sd', 4, 0)]);
  });

  test('is never negative: what is in use is offered, also when a report names no capacity', async () => {
    await sink.send([report(5, [{ address: A, models: { sd: { capacityInUse: 2 } } }])]);
    expect(await capacity()).toEqual([row('sd', 2, 2)]);
  });

  test('adds up over services, and is unknown as a whole when one of them is', async () => {
    const two = { address: A, uri: 'https://two.example.com:8935' };
    await sink.send([
      report(5, [
        { address: A, models: { sd: { warm: true, capacity: 4, capacityInUse: 1 } } },
        { ...two, models: { sd: { capacity: 1, capacityInUse: 1 } } },
      ]),
    ]);
    expect(await capacity()).toEqual([{ ...row('sd', 5, 2), isWarm: true }]);
    await sink.send([
      report(4, [{ address: A, uri: 'https://three.example.com:8935', models: { sd: { capacity: 3 } } }]),
    ]);
    expect(await capacity()).toEqual([{ ...row('sd', 8, null), isWarm: true }]);
  });
});

describe('prices', () => {
  const history = async (args = '') => {
    const { data, errors } =
      await api().query(`{ prices(orchestratorAddress: "${A}" ${args}) { totalCount edges { node {
      startedAt endedAt org orchestratorUri model price { pricePerUnitWei pixelsPerUnit } } } } }`);
    expect(errors).toBeUndefined();
    return data.prices.edges.map(({ node }: { node: unknown }) => node);
  };
  const priced = (wei: string): Service => ({ address: A, models: { sd: {} }, prices: { sd: wei } });

  test('have stretches: since when, until when, back to a former price, exactly in wei', async () => {
    const big = '340282366920938463463374607431768211456';
    await sink.send(
      [
        report(50, [priced('100')]),
        report(40, [{ ...priced('100'), version: 'other' }]),
        report(30, [priced(big)]),
        report(20, [{ address: A, models: { sd: {} } }]),
        report(10, [priced('100')]),
      ].toReversed(),
    );
    const stretch = (since: number, until: number | null, wei: string) => ({
      startedAt: iso(NOW - since * MINUTE),
      endedAt: until === null ? null : iso(NOW - until * MINUTE),
      org: 'daydream',
      orchestratorUri: 'https://orch.example.com:8935',
      model: 'sd',
      price: { pricePerUnitWei: wei, pixelsPerUnit: '1' },
    });
    expect(await history()).toEqual([stretch(10, null, '100'), stretch(30, 20, big), stretch(50, 30, '100')]);
    expect(await ask('offers { price { pricePerUnitWei } }')).toEqual({
      offers: [{ price: { pricePerUnitWei: '100' } }],
    });
  });

  test('are paged by a key, filtered, and null where none is named', async () => {
    await sink.send([
      report(50, [priced('1')]),
      report(40, [priced('2')]),
      report(30, [{ ...priced('3'), prices: {} }]),
    ]);
    const page = await api().query(
      `{ prices(orchestratorAddress: "${A}", first: 1) { pageInfo { hasNextPage endCursor } } }`,
    );
    expect(page.data.prices.pageInfo.hasNextPage).toBe(true);
    expect(await history(`first: 1, after: "${page.data.prices.pageInfo.endCursor}"`)).toMatchObject([
      { price: { pricePerUnitWei: '1' } },
    ]);
    expect(await history('where: { models: ["other"] }')).toEqual([]);
    expect(await ask('offers { price { pricePerUnitWei } }')).toEqual({ offers: [{ price: null }] });
    const wrong = await api().query('{ prices(orchestratorAddress: "0x1") { totalCount } }');
    expect(wrong.errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
  });

  test('of a model are its own before the pipeline’s, and the dearest of several services', async () => {
    const models = { sd: {}, sdxl: {} };
    await sink.send([
      report(5, [
        { address: A, models, prices: { '': '50', sd: '70' }, pixelsPerUnit: 10 },
        { address: A, uri: 'https://10.1.1.1:1', models: { sd: {} }, prices: { sd: '8' } },
      ]),
    ]);
    expect(await ask('offers { model price { pricePerUnitWei pixelsPerUnit } }')).toEqual({
      offers: [
        { model: 'sd', price: { pricePerUnitWei: '8', pixelsPerUnit: '1' } },
        { model: 'sdxl', price: { pricePerUnitWei: '50', pixelsPerUnit: '10' } },
      ],
    });
    expect(await history('where: { models: [""] }')).toMatchObject([{ model: null, price: { pricePerUnitWei: '50' } }]);
    expect(
      (await history('where: { models: ["sd"] }')).map((one: { orchestratorUri: unknown }) => one.orchestratorUri),
    ).toContain(null);
  });
});

describe('what is current', () => {
  const VIEWS = ['orchestrator', 'orchestrator_offer', 'price', 'gpu', 'gpu_surface'];
  const readViews = async () => {
    const rows: Record<string, unknown> = {};
    for (const view of VIEWS) {
      rows[view] = (await api().owner.query(`select to_jsonb(v)::text as row from api.${view} as v order by 1`)).rows;
    }
    return rows;
  };

  test('is the same for any order, batching and repetition of the reports [FACT-001, FACT-002]', async () => {
    const service = fc.record({
      address: fc.constantFrom(A, B),
      uri: fc.constantFrom('https://one.example.com:1', 'https://two.example.com:1'),
      localAddress: fc.constantFrom(HOT_KEY, 'box'),
      models: fc.constantFrom({ sd: { capacity: 2, capacityInUse: 1 } }, { sd: { capacity: 2 }, sdxl: {} }),
      gpus: fc.constantFrom([gpu('u1')], [gpu('u2'), gpu('u3', 'H100')], []),
      prices: fc.constantFrom({ sd: '1' }, { '': '2' }, {}),
    });
    const reports = fc.uniqueArray(
      fc.record({
        minute: fc.integer({ min: 0, max: 90 }),
        org: fc.constantFrom('daydream', 'cloudspe'),
        services: fc.array(service, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 2, maxLength: 7, selector: ({ minute }) => minute },
    );
    const arrival = fc.record({
      order: fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
      batch: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(reports, arrival, async (drawn, { order, batch }) => {
        const sent = drawn.map(({ minute, org, services }) => report(minute, services, org));
        await sink.empty();
        await sink.send([...sent].sort((a, b) => a.atMs - b.atMs));
        const inOrder = await readViews();
        await sink.empty();
        const twice = [...sent, ...sent].map((one, index) => ({ one, place: order[index] ?? 0 }));
        const shuffled = twice.sort((a, b) => a.place - b.place).map(({ one }) => one);
        for (let from = 0; from < shuffled.length; from += batch) await sink.send(shuffled.slice(from, from + batch));
        expect(await readViews()).toEqual(inOrder);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 10) },
    );
  });
});

test('a page of orchestrators with everything they have takes a fixed number of statements', async () => {
  const services = (count: number): Service[] =>
    Array.from({ length: count }, (_, index) => ({
      address: `0x${index.toString(16).padStart(40, '0')}`,
      models: { sd: { capacity: 1 }, sdxl: { capacity: 1 } },
      gpus: [gpu(`u${index}`)],
    }));
  const page = () =>
    api().query(`{ orchestrators { totalCount edges { node { address uris isReported
      offers { model capacityAvailable { value } price { pricePerUnitWei } liveSessionCount }
      gpus { gpuId surfaces { model } } } } } }`);
  await sink.send([report(5, services(2))]);
  expect((await page()).errors).toBeUndefined();
  const few = await api().countStatements(page);
  await sink.send([report(4, services(30))]);
  const many = await api().countStatements(page);
  expect((await page()).data.orchestrators.totalCount).toBe(30);
  expect(many).toBe(few);
  expect(many).toBeLessThanOrEqual(8);
});
