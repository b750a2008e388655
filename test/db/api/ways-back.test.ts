import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { simulate } from '../../../src/simulator/simulate.js';
import { benchmarks } from '../../conformance/scenarios/benchmarks.js';
import { ingestQuality } from '../../conformance/scenarios/ingest-quality.js';
import { jobs } from '../../conformance/scenarios/jobs.js';
import { runnerReadings } from '../../conformance/scenarios/runner-readings.js';
import { openConformanceWarehouse } from '../../conformance/warehouse.js';
import type { Answer } from '../../e2e/naap.js';
import { useApi } from './api-under-test.js';
import { walkLiveAndGateways } from './ways-back/gateways.js';
import { walkGpus, walkReports } from './ways-back/network.js';
import { numericFields } from './ways-back/numeric-fields.js';
import { walkKpis, walkMeta, walkRequests } from './ways-back/operations.js';
import { type Ask, createRecount, type Recount } from './ways-back/recount.js';
import {
  walkByocMetrics,
  walkDiscoveries,
  walkJobFailures,
  walkJobs,
  walkPayments,
  walkTicketMetrics,
} from './ways-back/request-sums.js';
import { walkService, walkSessionCounts } from './ways-back/rollups.js';
import { walkScores } from './ways-back/scores.js';
import { walkIngest, walkSessions, walkStatusSeries } from './ways-back/sessions.js';

/** Three hours of faulty traffic in both dialects; everything is asked for while the last of it is live. */
const START_MS = Date.UTC(2026, 2, 10, 9);
const HOURS = 3;
const NOW_MS = START_MS + HOURS * 3_600_000;
const dayOf = (day: string): string => `range: { start: "${day}T00:00:00Z", end: "${day}T23:59:59Z" }`;
const RANGE = `range: { start: "${new Date(START_MS).toISOString()}", end: "${new Date(NOW_MS).toISOString()}" }`;
const api = useApi(NOW_MS);

/** Numbers without a way back to events, and why. */
const NO_WAY: Readonly<Record<string, string>> = {
  'ServiceMetrics.coldStartupTargetMs': 'configuration: config.model_target',
  'ServiceMetrics.warmStartupTargetMs': 'configuration: config.model_target',
};

beforeAll(async () => {
  const warehouse = await openConformanceWarehouse(api().database.url);
  for (const scenario of [benchmarks, jobs, runnerReadings, ingestQuality]) await warehouse.play(scenario);
  const messages = [
    ...simulate({
      seed: 11,
      ...{ sessions: 60, hours: HOURS, startMs: START_MS, orchestrators: 6, gateways: 3, v1Gateways: 1, noise: false },
      faults: { duplicateRatio: 0.05, shuffleWindowMs: 20_000, lateRatio: 0.03, dropRatio: 0.02, garbageRatio: 0.01 },
    }),
  ].filter(({ atMs }) => atMs < NOW_MS);
  await api().owner.query(`insert into config.model_target (pipeline, model, fps_target, cold_startup_target_ms, warm_startup_target_ms, valid_from, known_at)
    select distinct 'live-video-to-video', model, 24, 20000, 5000, timestamptz '2026-01-01Z', timestamptz '2026-01-01Z'
    from unnest(array['streamdiffusion-sdxl', 'streamdiffusion-sdxl-v2v', 'streamdiffusion-sdxl-faceid', 'streamdiffusion']) as m (model)
    on conflict do nothing`);
  for (const [topic, org] of [
    ['network_events', 'daydream'],
    ['streaming_events', 'cloudspe'],
  ] as const) {
    const send = messages
      .filter((message) => message.topic === topic)
      .map(({ value }) => ({ id: '', text: value.toString('utf8') }));
    await warehouse.play({ name: topic, org, steps: [{ send }], checks: [] });
  }
  await warehouse.settle(new Date(NOW_MS).toISOString());
  await warehouse.close();
}, 120_000);

const ask: Ask = async (query): Promise<Answer> => {
  const { data, errors } = await api().query(query);
  expect(errors).toBeUndefined();
  return data;
};

const WALKS: Readonly<Record<string, (recount: Recount) => Promise<void>>> = {
  'demand, failures and swaps': (recount) => walkSessionCounts(ask, recount, RANGE),
  service: (recount) => walkService(ask, recount, RANGE),
  payments: (recount) => walkPayments(ask, recount, RANGE),
  jobs: (recount) => walkJobs(ask, recount, RANGE),
  'failed jobs': (recount) => walkJobFailures(ask, recount, dayOf('2026-03-05')),
  discoveries: (recount) => walkDiscoveries(ask, recount, RANGE),
  tickets: (recount) => walkTicketMetrics(ask, recount, RANGE),
  'authorisations and workers': (recount) => walkByocMetrics(ask, recount, RANGE),
  'tickets with gaps': (recount) => walkTicketMetrics(ask, recount, dayOf('2026-03-05')),
  'authorisations that say nothing': (recount) => walkByocMetrics(ask, recount, dayOf('2026-03-05')),
  sessions: (recount) => walkSessions(ask, recount, RANGE),
  'status series': (recount) => walkStatusSeries(ask, recount, RANGE),
  'ingest quality': (recount) => walkIngest(ask, recount, RANGE),
  'capacity, prices and models': (recount) => walkReports(ask, recount),
  GPUs: (recount) => walkGpus(ask, recount),
  'gateways and live sessions': (recount) => walkLiveAndGateways(ask, recount, RANGE),
  'signers’ sessions and capabilities': (recount) => walkRequests(ask, recount, RANGE),
  'signers’ sessions with gaps': (recount) => walkRequests(ask, recount, dayOf('2026-03-05')),
  'the KPIs of the network': (recount) => walkKpis(ask, recount, RANGE),
  meta: (recount) => walkMeta(ask, recount),
  scores: (recount) => walkScores(ask, recount, RANGE),
  'scores with benchmarks': (recount) => walkScores(ask, recount, dayOf('2026-02-23')),
  'service with runner readings': (recount) => walkService(ask, recount, dayOf('2026-02-15')),
  'ingest with round trips': (recount) => walkIngest(ask, recount, dayOf('2026-03-13')),
  'jobs with all they can say': (recount) => walkJobs(ask, recount, dayOf('2026-03-05')),
};

describe('every number walks back to events [LINEAGE-002]', () => {
  const walked = new Set<string>();

  test.each(Object.entries(WALKS))(
    'of %s',
    async (_name, walk) => {
      const recount = createRecount();
      await walk(recount);
      expect(recount.differences).toEqual([]);
      expect(recount.walked.size).toBeGreaterThan(0);
      for (const coordinate of recount.walked) walked.add(coordinate);
    },
    60_000,
  );

  test('and none is left out: a new number needs a walk here', () => {
    expect([...walked].filter((coordinate) => !numericFields().includes(coordinate))).toEqual([]);
    expect(numericFields().filter((coordinate) => !walked.has(coordinate) && NO_WAY[coordinate] === undefined)).toEqual(
      [],
    );
  });
});

describe('a page of numbers with their ways back', () => {
  const SOURCE = 'event { source { offset } }';
  const PAGES: readonly (readonly [string, (first: number) => string])[] = [
    [
      'payments',
      (first: number) =>
        `paymentTotals(${RANGE}, groupBy: [ORCHESTRATOR, GATEWAY], first: ${first}) { edges { node { contributions(first: 2) { totalCount edges { node { ${SOURCE} } } } } } }`,
    ],
    [
      'finds',
      (first: number) =>
        `discoveryMetrics(${RANGE}, groupBy: [ORCHESTRATOR], first: ${first}) { edges { node { contributions(first: 2) { totalCount edges { node { ${SOURCE} } } } } } }`,
    ],
    [
      'jobs',
      (first: number) =>
        `jobMetrics(${RANGE}, groupBy: [PIPELINE], first: ${first}) { edges { node { contributions(first: 2) { edges { node { ${SOURCE} events { eventId } } } } } } }`,
    ],
    [
      'tickets',
      (first: number) =>
        `ticketSessions(${RANGE}, first: ${first}) { edges { node { contributions(first: 2) { totalCount edges { node { ${SOURCE} } } } } } }`,
    ],
    ...['ticketMetrics', 'byocAuthMetrics', 'byocWorkerMetrics'].map(
      (field): readonly [string, (first: number) => string] => [
        field,
        (first: number) =>
          `${field}(${RANGE}, groupBy: [ORCHESTRATOR], first: ${first}) { edges { node { contributions(first: 2) { totalCount edges { node { orchestrator { address } ${SOURCE} } } } } } }`,
      ],
    ),
    [
      'reports',
      (first: number) =>
        `orchestrators(first: ${first}) { edges { node { aliases { ${SOURCE} } reports { lastEvent { source { offset } } } } } }`,
    ],
  ];

  test.each(PAGES)('takes as many statements for many as for one: %s', async (_name, queryOf) => {
    const few = await api().countStatements(() => ask(`{ ${queryOf(1)} }`));
    expect(await api().countStatements(() => ask(`{ ${queryOf(20)} }`))).toBe(few);
  });
});

describe('docs/walk-back.md', () => {
  const page = readFileSync(new URL('../../../docs/walk-back.md', import.meta.url), 'utf8');
  const queries = [...page.matchAll(/^## (.+?)$[^`]*```graphql\n(.+?)```/gms)].map(([, title = '', query = '']) => [
    title,
    query,
  ]);

  test('has a query for every kind of number', () => {
    expect(queries.length).toBe(page.split('```graphql').length - 1);
    expect(queries.length).toBeGreaterThanOrEqual(9);
  });

  test.each(queries)('%s ends at a topic, partition and offset', async (_title, query = '') => {
    expect(JSON.stringify(await ask(query))).toMatch(/"source":\{"topic":"\w+","partition":0,"offset":\d+\}/);
  });
});
