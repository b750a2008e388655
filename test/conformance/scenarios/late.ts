import { known, METRIC, near, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-12';
const MODEL = 'streamdiffusion-late';
const scribe = createScribe('late', DAY);
const olga = orchestratorOf('olga');
const stream = scribe.stream('late-stream');
const SCORED = `slaScores(${rangeOf(DAY, '09:00', '10:00')}, bucket: HOUR_1`;

const request = stream.trace('09:05:00', 'gateway_receive_stream_request');
const sent = stream.trace('09:05:01', 'gateway_send_first_ingest_segment', { by: olga });
const playable = stream.trace('09:05:02', 'gateway_receive_few_processed_segments', { by: olga });
const early = stream.status('09:05:10', { by: olga, fps: 10, state: 'ONLINE' });
const middle = stream.status('09:05:20', { by: olga, fps: 20, state: 'ONLINE' });
const last = stream.status('09:12:00', { by: olga, fps: 30, state: 'ONLINE' });

/** The end first, scored at 10:20; the beginning and the report that names the orchestrator come at 12:00. */
export const late: Scenario = {
  name: 'late and out of order',
  steps: [
    { send: [last, middle] },
    { settle: `${DAY}T10:20:00Z` },
    { send: [playable, scribe.report('09:04:00', [surfaceOf(olga, MODEL, 'GPU-late-1')]), early] },
    { send: [sent, request] },
    { settle: `${DAY}T12:00:00Z` },
  ],
  checks: [
    {
      rules: ['FACT-002', 'LIFECYCLE-003', 'ATTRIBUTION-003'],
      says: 'the session is what its six events say in their own order',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "late-stream") { edges { node {
          startedAt lastSeenAt startupOutcome orchestratorAddress attributionOutcome statusSampleCount averageFps ${METRIC}
        } } } }`);
        same(sessions.edges[0].node, {
          startedAt: `${DAY}T09:05:00.000Z`,
          lastSeenAt: `${DAY}T09:12:00.000Z`,
          startupOutcome: 'SUCCESS',
          orchestratorAddress: olga.address,
          attributionOutcome: 'RESOLVED',
          statusSampleCount: 3,
          averageFps: known(20, 3),
        });
      },
    },
    {
      rules: ['FACT-001', 'FACT-003'],
      says: 'both decisions are there: unresolved at 10:20, superseded at 12:00 by the one that holds',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "late-stream") { edges { node { decisions {
          outcome reason isCurrent decidedAt supersededAt } } } } }`);
        same(sessions.edges[0].node.decisions, [
          {
            outcome: 'UNRESOLVED',
            reason: 'MISSING_CANDIDATE',
            isCurrent: false,
            decidedAt: `${DAY}T10:20:00.000Z`,
            supersededAt: `${DAY}T12:00:00.000Z`,
          },
          {
            outcome: 'RESOLVED',
            reason: 'MATCHED',
            isCurrent: true,
            decidedAt: `${DAY}T12:00:00.000Z`,
            supersededAt: null,
          },
        ]);
      },
    },
    {
      rules: ['FACT-001', 'AGGREGATE-005'],
      says: 'asked as of 11:00 the hour had nobody and no score; asked now it is olga’s, requested once, scored at 12:00',
      async run(api) {
        const FIELDS = `orchestratorAddress score { computedAt value ${METRIC} inputs { requestedCount fpsSampleCount } }`;
        const { then, now } = await api.ask(`{
          then: ${SCORED}, groupBy: [ORCHESTRATOR], asOf: "${DAY}T11:00:00Z") { edges { node { ${FIELDS} } } }
          now: ${SCORED}, groupBy: [ORCHESTRATOR]) { edges { node { ${FIELDS} } } } }`);
        same(
          then.edges.map(({ node }: Edge) => [node.orchestratorAddress, node.score.value.value, node.score.inputs]),
          [[null, null, { requestedCount: 0, fpsSampleCount: 2 }]],
        );
        same(now.edges.length, 1);
        const { orchestratorAddress, score } = now.edges[0].node;
        same([orchestratorAddress, score.computedAt], [olga.address, `${DAY}T12:00:00.000Z`]);
        same(score.inputs, { requestedCount: 1, fpsSampleCount: 3 });
        // observed 3 of 3 by the predecessor’s third signal: status, output, playable
        near(score.value.value, 85);
      },
    },
    {
      rules: ['AGGREGATE-001', 'LIFECYCLE-009'],
      says: 'service: 09:05 has two samples and the session, 09:10 one sample; the hour has three, none twice',
      async run(api) {
        const { serviceMetrics } = await api.ask(`{ serviceMetrics(${rangeOf(DAY, '09:00', '10:00')}, bucket: MINUTE_5,
          groupBy: [ORCHESTRATOR]) { edges { node { metrics { statusSampleCount }
          points { start metrics { statusSampleCount requestedCount averageFps ${METRIC} } } } } } }`);
        same(serviceMetrics.edges.length, 1);
        const { metrics, points } = serviceMetrics.edges[0].node;
        same(metrics.statusSampleCount, 3);
        same(
          points.filter((point: { metrics: unknown }) => point.metrics !== null),
          [
            {
              start: `${DAY}T09:05:00.000Z`,
              metrics: { statusSampleCount: 2, requestedCount: 1, averageFps: known(15, 2) },
            },
            {
              start: `${DAY}T09:10:00.000Z`,
              metrics: { statusSampleCount: 1, requestedCount: 1, averageFps: known(30, 1) },
            },
          ],
        );
      },
    },
  ],
};

interface Edge {
  readonly node: {
    readonly orchestratorAddress: string | null;
    readonly score: { readonly value: { readonly value: number | null }; readonly inputs: object };
  };
}
