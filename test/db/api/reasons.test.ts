import { beforeAll, describe, expect, test } from 'vitest';
import { failedStarts } from '../../conformance/scenarios/failed-starts.js';
import { jobFailures } from '../../conformance/scenarios/job-failures.js';
import { reasons } from '../../conformance/scenarios/reasons.js';
import { swaps } from '../../conformance/scenarios/swaps.js';
import { openConformanceWarehouse } from '../../conformance/warehouse.js';
import type { Answer } from '../../e2e/naap.js';
import { useApi } from './api-under-test.js';

const api = useApi(Date.UTC(2026, 2, 20));
const ALL = 'range: { start: "2026-02-01T00:00:00Z", end: "2026-03-20T00:00:00Z" }, bucket: DAY_1';
const FIELDS = {
  swapReasons: { by: ['KIND', 'REASON'], count: 'swapCount', total: 'swapCount requestedSwapCount' },
  failureReasons: {
    by: ['FAILURE_CLASS', 'REASON'],
    count: 'failureCount',
    total: 'failureCount effectiveFailedCount startupExcusedCount',
  },
  jobFailureReasons: {
    by: ['KIND', 'FAILURE_CLASS', 'REASON'],
    count: 'failureCount',
    total: 'failureCount failedCount noOrchestratorCount llmFailedCount',
  },
} as const;
const KINDS = ['swapReasons', 'failureReasons', 'jobFailureReasons'] as const;

/** What is asked of a row behind a number, and its part of each count. */
const SESSION_ROW = {
  id: 'sessionId',
  fields: '',
  beside: 'session { startedAt }',
  partOf: ({ metrics }: Answer) => metrics,
};
const JOB_ROW = {
  id: 'jobId',
  fields: 'isSuccess outcome llm { error }',
  beside: 'orchestrator { address }',
  partOf: ({ isSuccess, outcome, llm }: Answer) => ({
    failureCount: 1,
    failedCount: Number(isSuccess === false),
    noOrchestratorCount: Number(outcome === 'NO_ORCH'),
    llmFailedCount: Number(Boolean(llm?.error)),
  }),
};

beforeAll(async () => {
  const warehouse = await openConformanceWarehouse(api().database.url);
  for (const scenario of [failedStarts, swaps, reasons, jobFailures]) await warehouse.play(scenario);
  await warehouse.settle('2026-03-20T00:00:00Z');
  await warehouse.close();
});

async function ask(query: string): Promise<Answer> {
  const { data, errors } = await api().query(query);
  expect(errors).toBeUndefined();
  return data;
}

const sumOf = (rows: readonly Answer[], name: string): number =>
  rows.reduce((sum, row) => sum + Number(row?.[name] ?? 0), 0);

describe.each(KINDS)('%s', (field) => {
  const { by, count, total } = FIELDS[field];
  const row = field === 'jobFailureReasons' ? JOB_ROW : SESSION_ROW;
  const part = field === 'jobFailureReasons' ? '' : `metrics { ${total} }`;

  test.each(['', ...by, by.join(', ')])(
    'told apart by %s sums to the whole, whatever else it is grouped by',
    async (told) => {
      const { [field]: whole } = await ask(`{ ${field}(${ALL}, groupBy: []) { total { ${total} } totalCount } }`);
      expect(whole.total[count]).toBeGreaterThan(3);
      for (const groupBy of ['', 'ORCHESTRATOR', 'GATEWAY, GPU', 'PIPELINE, MODEL, REGION, ORG']) {
        const { [field]: answer } = await ask(`{ ${field}(${ALL}, groupBy: [${told} ${groupBy}], first: 100) {
        edges { node { metrics { ${total} } points { metrics { ${total} } } } } points { metrics { ${total} } } } }`);
        const nodes = answer.edges.map(({ node }: Answer) => node);
        for (const name of total.split(' ')) {
          expect(
            sumOf(
              nodes.map(({ metrics }: Answer) => metrics),
              name,
            ),
            `${groupBy} ${name}`,
          ).toBe(whole.total[name]);
          expect(
            sumOf(
              answer.points.map(({ metrics }: Answer) => metrics),
              name,
            ),
          ).toBe(whole.total[name]);
          for (const { metrics, points } of nodes) {
            expect(
              sumOf(
                points.map((point: Answer) => point.metrics),
                name,
              ),
            ).toBe(metrics[name]);
          }
        }
      }
    },
  );

  test('leads from each number to its rows, from either end, page by page [LINEAGE-002]', async () => {
    const { [field]: answer } = await ask(`{ ${field}(${ALL}, groupBy: [ORCHESTRATOR], first: 20) { edges { node {
      metrics { ${total} } contributions(first: 40) { totalCount edges { node { ${row.id} ${row.fields} ${part} } } }
    } } contributions(first: 2) { totalCount edges { node { ${row.id} } } pageInfo { hasNextPage endCursor } } } }`);
    for (const { node } of answer.edges) {
      const parts = node.contributions.edges.map((edge: Answer) => row.partOf(edge.node));
      expect(node.contributions.totalCount).toBe(node.metrics[count]);
      for (const name of total.split(' ')) expect(sumOf(parts, name)).toBe(node.metrics[name]);
    }
    const { endCursor } = answer.contributions.pageInfo;
    const next = await ask(`{ ${field}(${ALL}, groupBy: [ORCHESTRATOR]) {
      contributions(first: 100, after: "${endCursor}") { edges { node { ${row.id} } } } } }`);
    expect(2 + next[field].contributions.edges.length).toBe(answer.contributions.totalCount);
  });

  test('takes a fixed number of statements for a page with series, previous windows and rows', async () => {
    const screen = (first: number) => () =>
      ask(`{ ${field}(${ALL}, groupBy: [ORCHESTRATOR], first: ${first}) { total { ${total} } edges { node {
        metrics { ${total} } previous { ${total} } points { metrics { ${total} } }
        contributions(first: 2) { totalCount edges { node { ${row.beside} } } } } } } }`);
    await screen(2)();
    const few = await api().countStatements(screen(1));
    expect(await api().countStatements(screen(20))).toBe(few);
  });

  test('refuses a cursor of another choice', async () => {
    const { [field]: answer } = await ask(`{ ${field}(${ALL}, first: 1) { pageInfo { endCursor } } }`);
    const { errors } = await api().query(
      `{ ${field}(${ALL}, groupBy: [], first: 1, after: "${answer.pageInfo.endCursor}") { totalCount } }`,
    );
    expect(errors?.[0]?.extensions.code).toBe('INVALID_CURSOR');
  });
});

test('classes of failures are what demand counts, and swaps of requested sessions are those of swapped ones', async () => {
  const { networkDemand, failureReasons, held } = await ask(`{
    networkDemand(${ALL}) { total { effectiveFailedCount startupExcusedCount swappedCount } }
    failureReasons(${ALL}) { total { effectiveFailedCount startupExcusedCount } }
    held: failureReasons(${ALL}, classes: [STARTUP_FAILED, LOADING_ONLY, ZERO_OUTPUT]) { total { failureCount } } }`);
  const { swappedCount: _swapped, ...failed } = networkDemand.total;
  expect(failureReasons.total).toEqual(failed);
  expect(held.total.failureCount).toBe(failed.effectiveFailedCount);
});

test('filters keep what they say', async () => {
  const { inferred, timeouts } = await ask(`{
    inferred: swapReasons(${ALL}, kind: INFERRED) { edges { node { reasonClass kind metrics { swapCount } } } }
    timeouts: swapReasons(${ALL}, reasons: [TIMEOUT], groupBy: []) { edges { node { reasonClass metrics { swapCount } } } } }`);
  expect(inferred.edges.map(({ node }: Answer) => [node.reasonClass, node.kind])).toEqual([['UNKNOWN', null]]);
  expect(timeouts.edges.map(({ node }: Answer) => node.reasonClass)).toEqual([null]);
});

test('classes of failed jobs are what jobMetrics counts, whatever both are grouped by', async () => {
  for (const groupBy of ['', 'KIND', 'ORCHESTRATOR, KIND', 'PIPELINE, MODEL']) {
    const { jobMetrics, jobFailureReasons } = await ask(`{
      jobMetrics(${ALL}, groupBy: [${groupBy}], first: 100) { total { jobCount } edges { node { kind orchestratorAddress pipeline model groupedBy
        metrics { jobCount failedCount noOrchestratorCount llm { failedCount } } } } }
      jobFailureReasons(${ALL}, groupBy: [${groupBy}], first: 100) { edges { node { kind orchestratorAddress pipeline model
        metrics { failedCount noOrchestratorCount llmFailedCount } } } } }`);
    const nodes = jobMetrics.edges.map(({ node }: Answer) => node);
    expect(
      sumOf(
        nodes.map(({ metrics }: Answer) => metrics),
        'jobCount',
      ),
    ).toBe(jobMetrics.total.jobCount);
    const keyOf = ({ kind, orchestratorAddress, pipeline, model }: Answer) =>
      JSON.stringify([kind, orchestratorAddress, pipeline, model]);
    const failed = new Map(jobFailureReasons.edges.map(({ node }: Answer) => [keyOf(node), node.metrics]));
    for (const node of nodes) {
      expect(node.groupedBy.join(', ')).toBe(groupBy);
      const { failedCount, noOrchestratorCount, llm } = node.metrics;
      const none = { failedCount: 0, noOrchestratorCount: 0, llmFailedCount: 0 };
      expect(failed.get(keyOf(node)) ?? none).toEqual({
        ...{ failedCount, noOrchestratorCount, llmFailedCount: llm.failedCount },
      });
    }
  }
});

test('job filters keep what they say, alone and together', async () => {
  const { byoc, timeouts, both } = await ask(`{
    byoc: jobFailureReasons(${ALL}, kind: BYOC) { edges { node { kind failureClass failureReason metrics { failureCount } } } }
    timeouts: jobFailureReasons(${ALL}, reasons: [TIMEOUT], groupBy: [KIND]) { edges { node { kind failureReason metrics { failureCount } } } }
    both: jobFailureReasons(${ALL}, kind: AI_BATCH, classes: [LLM_FAILED], reasons: [TIMEOUT, OVERLOAD], groupBy: []) {
      total { failureCount } contributions { edges { node { requestId failureClass } } } } }`);
  expect(byoc.edges.map(({ node }: Answer) => node.kind)).toEqual(['BYOC', 'BYOC', 'BYOC', 'BYOC']);
  expect(timeouts.edges.map(({ node }: Answer) => [node.kind, node.failureReason, node.metrics.failureCount])).toEqual([
    ['AI_BATCH', null, 2],
    ['BYOC', null, 1],
  ]);
  expect(both.total.failureCount).toBe(1);
  expect(both.contributions.edges.map(({ node }: Answer) => node)).toEqual([
    { requestId: 'jobfail-spoke', failureClass: 'LLM_FAILED' },
  ]);
});
