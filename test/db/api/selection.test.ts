import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, type SeedSession, seedSessions } from './network.js';
import { element, openReportSink, type ReportSink, type Service } from './reports.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const MINUTE = 60_000;
const LIVE = 'live-video-to-video';
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const [GOOD, POOR, NEW] = [address('a'), address('b'), address('c')];
const [PRIVATE, STALE, FULL] = [address('d'), address('e'), address('f')];
const api = useApi(NOW);
let sink: ReportSink;

let sessionCount = 0;
function session(orchestrator: string, fields: Partial<SeedSession> = {}): SeedSession {
  sessionCount += 1;
  const id = `s_${String(sessionCount).padStart(24, '0')}`;
  return { id, orchestrator, startedMs: NOW - 3 * HOUR_MS, fps: [20, 21], region: 'fra', ...fields };
}

const uriOf = (name: string): string => `https://${name}.example.com:8935`;
const service = (orchestrator: string, name: string, fields: Partial<Service>): object =>
  element({ address: orchestrator, uri: uriOf(name), prices: { sd: '100' }, ...fields });
const warm = (capacity: number, capacityInUse?: number) => ({
  sd: { warm: true, capacity, ...(capacityInUse !== undefined && { capacityInUse }) },
});

beforeAll(async () => {
  sink = await openReportSink(api());
  await seedSessions(api().owner, [
    session(GOOD),
    session(POOR),
    session(POOR, { outcome: 'failed' }),
    session(POOR, { region: 'mdw' }),
    session(PRIVATE),
    session(STALE),
    session(FULL),
  ]);
  await sink.send([
    { id: 'stale', atMs: NOW - 61 * MINUTE, elements: [service(STALE, 'stale', { models: warm(2) })] },
    {
      id: 'fresh',
      atMs: NOW - 10 * MINUTE,
      elements: [
        service(GOOD, 'good-1', {
          models: { ...warm(4, 1), sdxl: { capacity: 1 } },
          gpus: [{ uuid: 'u1', name: 'RTX 4090', model: 'sd' }],
        }),
        service(GOOD, 'good-2', { models: { sd: { capacity: 3, capacityInUse: 1 } }, prices: { sd: '300' } }),
        element({ address: GOOD, uri: 'https://10.0.0.5:8935', models: warm(9) }),
        service(POOR, 'poor', { models: warm(2, 1), prices: { sd: '50' } }),
        service(NEW, 'new', { models: warm(2), prices: {} }),
        element({ address: PRIVATE, uri: 'https://box.local:8935', models: warm(2) }),
        service(FULL, 'full', { models: warm(2, 2) }),
      ],
    },
  ]);
});
afterAll(() => sink.close());

interface Row {
  readonly orchestratorAddress: string;
}

async function select(args: string, fields = 'orchestratorAddress') {
  const { data, errors } = await api().query(
    `{ orchestratorSelection(${args}) { totalCount pageInfo { endCursor hasNextPage } edges { node { ${fields} } } } }`,
  );
  expect(errors).toBeUndefined();
  return data.orchestratorSelection;
}
async function addresses(args: string): Promise<readonly string[]> {
  const { edges } = await select(args);
  return edges.map(({ node }: { node: Row }) => node.orchestratorAddress);
}

describe('the selection of orchestrators', () => {
  test('lists who offers it now at a public service and is not full, best score first, unscored ones last', async () => {
    expect(await addresses(`pipeline: "${LIVE}", model: "sd"`)).toEqual([GOOD, POOR, NEW]);
    expect(await addresses(`model: "sd", hasCapacity: false`)).toEqual([GOOD, FULL, POOR, NEW]);
    expect(await addresses('model: "sdxl"')).toEqual([GOOD]);
    expect(await addresses('model: "none"')).toEqual([]);
  });
  test('says why: score with its samples, services with capacity and price, last seen', async () => {
    const { edges } = await select(
      'model: "sd"',
      `orchestratorAddress orchestrator { displayName } isWarm warmCapacityAvailable { value sampleCount }
       capacityAvailable { value nullReason } lastSeenAt
       score { value { value sampleCount } inputs { requestedCount startupSuccessCount } }
       offers { uri model isWarm capacity capacityAvailable price { pricePerUnitWei pixelsPerUnit } lastSeenAt }`,
    );
    const lastSeenAt = iso(NOW - 10 * MINUTE);
    expect(edges[0].node).toEqual({
      orchestratorAddress: GOOD,
      orchestrator: { displayName: null },
      isWarm: true,
      warmCapacityAvailable: { value: 3, sampleCount: 1 },
      capacityAvailable: { value: 5, nullReason: 'OK' },
      lastSeenAt,
      score: { value: { value: 85, sampleCount: 1 }, inputs: { requestedCount: 1, startupSuccessCount: 1 } },
      offers: [
        {
          ...{ uri: uriOf('good-1'), model: 'sd', isWarm: true, capacity: 4, capacityAvailable: 3, lastSeenAt },
          price: { pricePerUnitWei: '100', pixelsPerUnit: '1' },
        },
        {
          ...{ uri: uriOf('good-2'), model: 'sd', isWarm: false, capacity: 3, capacityAvailable: 2, lastSeenAt },
          price: { pricePerUnitWei: '300', pixelsPerUnit: '1' },
        },
      ],
    });
    expect(edges[2].node).toMatchObject({
      ...{ orchestratorAddress: NEW, score: null },
      capacityAvailable: { value: null, nullReason: 'NO_DATA' },
      offers: [{ capacity: 2, capacityAvailable: null, price: null }],
    });
  });

  test('filters by least score, highest price, GPU memory and what is loaded, offer by offer', async () => {
    expect(await addresses('model: "sd", minScore: 85')).toEqual([GOOD]);
    expect(await addresses('model: "sd", minScore: 0')).toEqual([GOOD, POOR]);
    expect(await addresses('model: "sd", maxWeiPerPixel: "99.5"')).toEqual([POOR]);
    const cheap = await select('model: "sd", maxWeiPerPixel: "100"', 'orchestratorAddress offers { uri }');
    expect(cheap.edges.map(({ node }: { node: Row }) => node)).toEqual([
      { orchestratorAddress: GOOD, offers: [{ uri: uriOf('good-1') }] },
      { orchestratorAddress: POOR, offers: [{ uri: uriOf('poor') }] },
    ]);
    expect(await addresses('minMemoryBytes: 24000000000')).toEqual([GOOD]);
    expect(await addresses('minMemoryBytes: 24000000001')).toEqual([]);
    const loaded = await select('pipeline: "live-video-to-video", isWarm: true', 'offers { uri model }');
    expect(loaded.edges[0].node.offers).toEqual([{ uri: uriOf('good-1'), model: 'sd' }]);
  });

  test('scores what gateways of a region saw, and lists the others all the same', async () => {
    const { edges } = await select('model: "sd", region: "mdw"', 'orchestratorAddress score { value { value } }');
    expect(edges.map(({ node }: { node: Row }) => node)).toEqual([
      { orchestratorAddress: POOR, score: { value: { value: 85 } } },
      { orchestratorAddress: GOOD, score: null },
      { orchestratorAddress: NEW, score: null },
    ]);
  });

  test('gives the score that slaScores gives', async () => {
    const { data } = await api().query(`{
      orchestratorSelection(model: "sd") { rangeUsed { start end } edges { node { orchestratorAddress score { value { value } } } } }
      slaScores(groupBy: [ORCHESTRATOR], where: { models: ["sd"] }) { rangeUsed { start end } edges { node { orchestratorAddress score { value { value } } } } }
    }`);
    expect(data.orchestratorSelection.rangeUsed).toEqual(data.slaScores.rangeUsed);
    const scored = data.orchestratorSelection.edges.filter(({ node }: { node: { score: unknown } }) => node.score);
    expect(scored.length).toBe(2);
    for (const edge of scored) expect(data.slaScores.edges).toContainEqual(edge);
  });

  test('is turned page by page, at a fixed number of statements', async () => {
    const first = await select('model: "sd", first: 2');
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(await addresses(`model: "sd", first: 2, after: "${first.pageInfo.endCursor}"`)).toEqual([NEW]);
    const fields = `orchestrator { displayName } score { value { value } isFinal computedAt } offers { uri }`;
    const count = (size: number) => api().countStatements(() => select(`model: "sd", first: ${size}`, fields));
    expect(await count(3)).toBe(await count(1));
    expect(await count(3)).toBeLessThanOrEqual(8);
  });

  test.each([
    ...['minScore: 101', 'minScore: -1', 'first: 0', 'minMemoryBytes: -1'],
    ...['maxWeiPerPixel: "1e3"', 'maxWeiPerPixel: "-1"', 'maxWeiPerPixel: ""'],
    ...['pipeline: ""', 'model: ""', 'region: ""'],
  ])('refuses %s', async (args) => {
    const { errors } = await api().query(`{ orchestratorSelection(${args}) { totalCount } }`);
    expect(JSON.stringify(errors)).toMatch(/INVALID_ARGUMENT|not a whole number|not a decimal number/);
  });

  test('is empty an hour after the last report', async () => {
    api().setNow(NOW + 51 * MINUTE);
    expect(await addresses('hasCapacity: false')).toEqual([]);
    api().setNow(NOW);
  });
});
