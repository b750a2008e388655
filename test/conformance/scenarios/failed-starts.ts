import { known, METRIC, missing, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-02';
const scribe = createScribe('start', DAY);
const bea = orchestratorOf('bea');
const none = scribe.stream('start-none');
const excused = scribe.stream('start-excused');
const mixed = scribe.stream('start-mixed');
const unasked = scribe.stream('start-unasked');
const EXCUSES = [
  'No Orchestrators Available',
  'mediamtx ingest disconnected',
  'WHIP disconnected: bye',
  'missing video',
  'ICE connection state failed',
  'the user disconnected',
];

/** Starts that fail for every reason there is, and a stream that nobody requested. */
export const failedStarts: Scenario = {
  name: 'no orchestrator',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(bea, 'streamdiffusion-start', 'GPU-start-1')]),
        none.trace('09:00:00', 'gateway_receive_stream_request'),
        none.trace('09:00:01', 'gateway_no_orchestrators_available'),
        excused.trace('09:10:00', 'gateway_receive_stream_request'),
        excused.trace('09:10:01', 'gateway_send_first_ingest_segment', { by: bea }),
        ...EXCUSES.map((message, index) => excused.event(`09:10:0${index + 2}`, 'error', { message })),
        mixed.trace('09:20:00', 'gateway_receive_stream_request'),
        mixed.trace('09:20:01', 'gateway_send_first_ingest_segment', { by: bea }),
        mixed.event('09:20:02', 'error', { message: 'missing video' }),
        mixed.event('09:20:03', 'error', { message: 'out of memory' }),
        unasked.status('09:30:00', { by: bea, fps: 12, state: 'ONLINE' }),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-003', 'LIFECYCLE-004'],
      says: 'no_orch is an excuse without an orchestrator; errors excuse when all six texts do; one other error is a failure; unrequested is unknown',
      async run(api) {
        const { sessions } =
          await api.ask(`{ sessions(startedIn: { start: "${DAY}T00:00:00Z", end: "2026-02-03T00:00:00Z" },
          ascending: true) { edges { node { streamId startupOutcome excusal selectionOutcome errorCount } } } }`);
        same(
          sessions.edges.map(({ node }: { node: object }) => Object.values(node)),
          [
            ['start-none', 'FAILED', 'NO_ORCH', 'NO_ORCH', 0],
            ['start-excused', 'FAILED', 'EXCUSABLE_ERROR', 'SELECTED', 6],
            ['start-mixed', 'FAILED', 'NONE', 'SELECTED', 2],
            ['start-unasked', 'UNKNOWN', null, 'SELECTED', 0],
          ],
        );
      },
    },
    {
      rules: ['AGGREGATE-002', 'LIFECYCLE-008'],
      says: 'demand: 4 known, 3 requested, 2 excused, 1 failed, 1 without orchestrator',
      async run(api) {
        const { networkDemand } = await api.ask(`{ networkDemand(${rangeOf(DAY)}, bucket: HOUR_1) { total {
          knownCount requestedCount startupSuccessCount startupExcusedCount startupFailedCount noOrchestratorCount
          effectiveFailedCount excusedFailureRatio ${METRIC} } } }`);
        same(networkDemand.total, {
          knownCount: 4,
          requestedCount: 3,
          startupSuccessCount: 0,
          startupExcusedCount: 2,
          startupFailedCount: 1,
          noOrchestratorCount: 1,
          effectiveFailedCount: 1,
          excusedFailureRatio: known(2 / 3, 3),
        });
      },
    },
    {
      rules: ['ATTRIBUTION-004', 'ATTRIBUTION-005', 'AGGREGATE-004'],
      says: 'nobody observed is unresolved: no orchestrator, no GPU, and every latency null, never 0',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "start-none") { edges { node {
          orchestratorAddress gpuId decisions { outcome reason method confidence }
          averageFps ${METRIC} latencies { startupMs ${METRIC} e2eMs ${METRIC} } } } } }`);
        same(sessions.edges[0].node, {
          orchestratorAddress: null,
          gpuId: null,
          decisions: [
            { outcome: 'UNRESOLVED', reason: 'NO_ORCHESTRATOR_OBSERVED', method: 'NONE', confidence: 'NONE' },
          ],
          averageFps: missing(),
          latencies: { startupMs: missing(), e2eMs: missing() },
        });
      },
    },
    {
      rules: ['ATTRIBUTION-003', 'ATTRIBUTION-007', 'QUALITY-001'],
      says: 'coverage counts the 3 sessions with an orchestrator, not the one without; the last, 30 minutes after the report, is within its age',
      async run(api) {
        const { meta } = await api.ask(
          `{ meta { attributionCoverage { outcome sessionCount share ${METRIC} } } }`,
          `${DAY}T23:30:00Z`,
        );
        same(meta.attributionCoverage, [{ outcome: 'RESOLVED', sessionCount: 3, share: known(1, 3) }]);
      },
    },
  ],
};
