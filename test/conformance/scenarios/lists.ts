import { same } from '../expectation.js';
import type { PublicApi, Scenario } from '../scenario.js';

const FEBRUARY = '{ start: "2026-02-01T00:00:00Z", end: "2026-03-01T00:00:00Z" }';

/** Every row of a list, page by page of a size. */
async function walk(api: PublicApi, field: string, args: string, row: string, size: number): Promise<string[]> {
  const seen: string[] = [];
  for (let after: string | null = null, turns = 0; turns < 200; turns += 1) {
    const page: string = after === null ? '' : `, after: "${after}"`;
    const answer = await api.ask(`{ ${field}(${args}, first: ${size}${page}) { totalCount
      edges { node { ${row} } } pageInfo { hasNextPage endCursor } } }`);
    const { edges, pageInfo, totalCount } = answer[field];
    seen.push(...edges.map(({ node }: { node: unknown }) => JSON.stringify(node)));
    if (!pageInfo.hasNextPage) {
      same(seen.length, totalCount);
      return seen;
    }
    after = pageInfo.endCursor;
  }
  throw new Error(`${field} does not end`);
}

/** What holds over the scenarios together. */
export const lists: Scenario = {
  name: 'all of them together',
  steps: [],
  checks: [
    {
      rules: ['SERVING-001'],
      says: 'pages of 7 and of 100 show every session, orchestrator, payment, job, group of demand and score once, in one order',
      async run(api) {
        const questions = [
          ['sessions', `startedIn: ${FEBRUARY}`, 'sessionId'],
          ['orchestrators', 'where: {}', 'address'],
          ['payments', 'where: {}', 'paymentId'],
          ['jobs', 'where: {}', 'jobId'],
          ['networkDemand', `range: ${FEBRUARY}, groupBy: [GATEWAY, MODEL, GPU]`, 'gateway model gpuId'],
          ['slaScores', `range: ${FEBRUARY}, groupBy: [ORCHESTRATOR, MODEL]`, 'orchestratorAddress model'],
        ] as const;
        for (const [field, args, row] of questions) {
          const rows = await walk(api, field, args, row, 7);
          same(rows.length > 7, true);
          same(new Set(rows).size, rows.length);
          same(await walk(api, field, args, row, 100), rows);
        }
      },
    },
    {
      rules: ['SERVING-002', 'AGGREGATE-006'],
      says: 'the KPIs of days of payments and jobs, and their previous windows, are the totals of the fields of their kind',
      async run(api) {
        const range = 'range: { start: "2026-03-04T00:00:00Z", end: "2026-03-07T00:00:00Z" }';
        const hours = `${range}, bucket: HOUR_1`;
        const { networkKpis, jobMetrics, paymentTotals, networkDemand, slaScores } = await api.ask(`{
          networkKpis(${range}) { jobs { current { value } } requestedSessions { current { value } previous { value } delta }
            fees { currentWei previousWei deltaWei } score { current { value } } }
          jobMetrics(${hours}) { total { jobCount } }
          paymentTotals(${hours}) { total { expectedValueWei } previousTotal { expectedValueWei } }
          networkDemand(${hours}) { total { requestedCount } previousTotal { requestedCount } }
          slaScores(${hours}) { total { value { value } } } }`);
        same(networkKpis.jobs.current.value, jobMetrics.total.jobCount);
        same(jobMetrics.total.jobCount > 5, true);
        const [fees, feesBefore] = [
          paymentTotals.total?.expectedValueWei ?? '0',
          paymentTotals.previousTotal.expectedValueWei,
        ];
        same(BigInt(feesBefore) > 0n, true);
        same(networkKpis.fees, {
          currentWei: fees,
          previousWei: feesBefore,
          deltaWei: String(BigInt(fees) - BigInt(feesBefore)),
        });
        const [asked, askedBefore] = [
          networkDemand.total?.requestedCount ?? 0,
          networkDemand.previousTotal?.requestedCount ?? 0,
        ];
        same(networkKpis.requestedSessions, {
          current: { value: asked },
          previous: { value: askedBefore },
          delta: asked - askedBefore,
        });
        same(networkKpis.score.current.value, slaScores.total?.value.value ?? null);
      },
    },
    {
      rules: ['QUALITY-001', 'INGEST-004'],
      says: 'no mark waits, no source has a gap, and in each consumed is the sum of its verdicts',
      async run(api) {
        const { meta } = await api.ask(`{ meta { lagSeconds { value } backlog { log markCount }
          sources { topic consumedCount acceptedCount ignoredCount rejectedCount duplicateCount nextOffset gapCount
            newestEventAt lagSeconds { value } verdicts { messageCount } } } }`);
        same(
          meta.backlog.map(({ markCount }: { markCount: number }) => markCount),
          meta.backlog.map(() => 0),
        );
        same(meta.lagSeconds.value > 0, true);
        for (const source of meta.sources) {
          const counted = source.acceptedCount + source.ignoredCount + source.rejectedCount + source.duplicateCount;
          const verdicts = source.verdicts.reduce(
            (sum: number, row: { messageCount: number }) => sum + row.messageCount,
            0,
          );
          same(
            [source.topic, source.consumedCount, source.nextOffset, source.gapCount, verdicts],
            [source.topic, counted, counted, 0, counted],
          );
          same(source.lagSeconds.value >= 0, true);
        }
      },
    },
  ],
};
