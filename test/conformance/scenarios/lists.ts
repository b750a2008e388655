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
