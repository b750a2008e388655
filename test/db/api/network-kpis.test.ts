import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApi } from './api-under-test.js';
import { HOUR_MS, iso, ORCHESTRATORS, type SeedSession, seedSessions } from './network.js';
import { element, openReportSink, type ReportSink } from './reports.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const DAY_MS = 24 * HOUR_MS;
const [A = '', B = ''] = ORCHESTRATORS;
const api = useApi(NOW);
let sink: ReportSink;

let sessionCount = 0;
function session(hoursAgo: number, fields: Partial<SeedSession> = {}): SeedSession {
  sessionCount += 1;
  const id = `s_${String(sessionCount).padStart(24, '0')}`;
  return { id, orchestrator: A, startedMs: NOW - hoursAgo * HOUR_MS, fps: [20, 21], minutes: 6, ...fields };
}

beforeAll(async () => {
  sink = await openReportSink(api());
  await seedSessions(api().owner, [
    session(0, { isCompleted: false, gpu: 'gpu_1', minutes: 30 }),
    session(5, { orchestrator: B, gpu: 'gpu_2' }),
    session(23, { outcome: 'failed', orchestrator: '' }),
    session(23, { model: 'sdxl' }),
    session(6, { isSynthetic: true }),
    session(25, { gpu: 'gpu_1' }),
    session(47, { isRequested: false }),
    session(49),
  ]);
  const models = { sd: { warm: true, capacity: 2 } };
  const gpus = [{ uuid: 'u1', name: 'H100', model: 'sd' }];
  await sink.send([{ id: 'fresh', atMs: NOW - 60_000, elements: [element({ address: A, models, gpus })] }]);
});
afterAll(() => sink.close());

const KPI = '{ current { value unit } previous { value nullReason } delta }';
const ALL = `rangeUsed { start end bucket } previousRangeUsed { start end } score ${KPI} startupSuccessRatio ${KPI}
  effectiveSuccessRatio ${KPI} requestedSessions ${KPI} serviceMinutes ${KPI} orchestratorsObserved ${KPI}
  gpusObserved ${KPI} jobs ${KPI} fees { currentWei previousWei deltaWei } orchestratorCount gpuCount liveSessionCount`;

async function ask(text: string) {
  const { data, errors } = await api().query(text);
  expect(errors).toBeUndefined();
  return data;
}

const kpi = (unit: string, current: number, previous: number) => ({
  ...{ current: { value: current, unit }, previous: { value: previous, nullReason: 'OK' }, delta: current - previous },
});

test('are the last 24 hours beside the 24 before, and what is live', async () => {
  const { networkKpis } = await ask(`{ networkKpis { ${ALL} } }`);
  const end = Date.UTC(2026, 0, 10, 13);
  const { score, ...others } = networkKpis;
  expect(others).toEqual({
    rangeUsed: { start: iso(end - DAY_MS), end: iso(end), bucket: 'HOUR_1' },
    previousRangeUsed: { start: iso(end - 2 * DAY_MS), end: iso(end - DAY_MS) },
    requestedSessions: kpi('COUNT', 4, 1),
    startupSuccessRatio: kpi('RATIO', 0.75, 1),
    effectiveSuccessRatio: kpi('RATIO', 0.75, 1),
    serviceMinutes: kpi('MINUTES', 48, 12),
    orchestratorsObserved: kpi('COUNT', 2, 1),
    gpusObserved: kpi('COUNT', 2, 1),
    jobs: kpi('COUNT', 0, 0),
    fees: { currentWei: '0', previousWei: '0', deltaWei: '0' },
    ...{ orchestratorCount: 1, gpuCount: 1, liveSessionCount: 1 },
  });
  expect(score.previous.value).toBe(85);
  expect(score.delta).toBe(score.current.value - 85);
});

test('are the numbers of the fields of their kind', async () => {
  const data = await ask(`{
    networkKpis { score ${KPI} requestedSessions ${KPI} serviceMinutes ${KPI} }
    slaScores { total { value { value } } }
    networkDemand { total { requestedCount } previousTotal { requestedCount } }
    serviceMetrics { total { serviceMinutes { value } } previousTotal { serviceMinutes { value } } }
  }`);
  const { score, requestedSessions, serviceMinutes } = data.networkKpis;
  expect(score.current.value).toBe(data.slaScores.total.value.value);
  expect(requestedSessions.current.value).toBe(data.networkDemand.total.requestedCount);
  expect(requestedSessions.previous.value).toBe(data.networkDemand.previousTotal.requestedCount);
  expect(serviceMinutes.current.value).toBe(data.serviceMetrics.total.serviceMinutes.value);
  expect(serviceMinutes.previous.value).toBe(data.serviceMetrics.previousTotal.serviceMinutes.value);
});

test('are of one window however short, and of the pipelines and models asked for', async () => {
  const { networkKpis } = await ask(`{ networkKpis(range: { start: "${iso(NOW - HOUR_MS)}", end: "${iso(NOW)}" }) {
    rangeUsed { bucket } requestedSessions ${KPI} serviceMinutes ${KPI} } }`);
  expect(networkKpis).toEqual({
    rangeUsed: { bucket: 'HOUR_1' },
    requestedSessions: kpi('COUNT', 1, 0),
    serviceMinutes: kpi('MINUTES', 30, 0),
  });
  const { other } = await ask(`{ other: networkKpis(models: ["sdxl"]) {
    requestedSessions ${KPI} score { previous { value nullReason } delta } orchestratorCount gpuCount liveSessionCount } }`);
  expect(other).toEqual({
    requestedSessions: kpi('COUNT', 1, 0),
    score: { previous: { value: null, nullReason: 'NO_DATA' }, delta: null },
    ...{ orchestratorCount: 0, gpuCount: 0, liveSessionCount: 0 },
  });
});

test('read only what is asked for, two statements for a kind of number', async () => {
  const count = (fields: string) => api().countStatements(() => ask(`{ networkKpis { ${fields} } }`));
  expect(await count('rangeUsed { bucket }')).toBe(0);
  expect(await count(`requestedSessions ${KPI} startupSuccessRatio ${KPI} effectiveSuccessRatio ${KPI}`)).toBe(2);
  expect(await count(`serviceMinutes ${KPI} orchestratorsObserved ${KPI} gpusObserved ${KPI}`)).toBe(2);
  expect(await count('fees { deltaWei } orchestratorCount gpuCount')).toBe(3);
  expect(await count(ALL)).toBeLessThanOrEqual(20);
});

test('refuse a longer list than any filter takes, whatever is asked for', async () => {
  const models = JSON.stringify(Array.from({ length: 101 }, (_, index) => `m${index}`));
  const { errors } = await api().query(`{ networkKpis(models: ${models}) { gpuCount } }`);
  expect(errors?.[0]?.extensions.code).toBe('INVALID_ARGUMENT');
});
