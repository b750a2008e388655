import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-13';
const MODEL = 'streamdiffusion-spec';
const scribe = createScribe('spec', DAY);
const pia = orchestratorOf('pia');
const ids = { stream_id: 'spec-stream', request_id: 'spec-request', node_addr: pia.address };
const traced = { trace_id: 'spec-trace', node_addr: pia.address };
const tester = scribe.stream('aiJobTesterStream-spec');

/** The other dialect: one stream with ids, one request known by its trace alone, and test traffic of the first dialect. */
export const specDialect: Scenario = {
  name: 'spec dialect v1',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(pia, MODEL, 'GPU-spec-1')]),
        scribe.v1(
          'gateway.request.start',
          '09:05:00',
          { ...ids, model_id: MODEL, cold_start: true, prompt_received_ms: scribe.ms('09:04:59') },
          { region: 'EU' },
        ),
        scribe.v1('gateway.request.first_frame', '09:05:01', { ...ids, is_loading_image: true }),
        scribe.v1('gateway.request.first_frame', '09:05:03', { ...ids, frame_ts_ms: scribe.ms('09:05:02.900') }),
        scribe.v1('runner.metrics.sample', '09:05:10', { ...ids, fps: 24, sampling_interval_ms: 5000 }),
        scribe.v1('runner.metrics.sample', '09:05:15', { ...ids, fps: 0, sampling_interval_ms: 5000 }),
        scribe.v1('gateway.request.end', '09:05:20', { ...ids, status: 'success' }),
        scribe.v1('gateway.request.start', '09:10:00', { ...traced, cold_start: false }),
        scribe.v1('gateway.request.end', '09:10:05', { ...traced, status: 'failure', failure_reason: 'model_error' }),
        scribe.v1('orchestrator.heartbeat', '09:11:00', {}),
        tester.trace('09:20:00', 'gateway_receive_stream_request'),
      ],
    },
  ],
  checks: [
    {
      rules: ['INGEST-001', 'LIFECYCLE-001', 'LIFECYCLE-002', 'LIFECYCLE-003', 'ATTRIBUTION-001'],
      says: 'the same session as in the first dialect: a loading image is no output, fps 0 is LOADING, the node’s address is the orchestrator',
      async run(api) {
        const { sessions } = await api.ask(`{ sessions(streamId: "spec-stream") { edges { node {
          startupOutcome state isColdStart region orchestratorAddress model statusSampleCount lastStatus
          loadingImageAt milestones { milestone ownAt clock }
          latencies { startupMs ${METRIC} ptffMs ${METRIC} loadingImageMs ${METRIC} }
          decisions { method confidence } } } } }`);
        const { milestones, ...session } = sessions.edges[0].node;
        const frame = { ownAt: `${DAY}T09:05:02.900Z`, clock: 'GATEWAY' };
        same(milestones, [
          { milestone: 'RECEIVE_REQUEST', ownAt: null, clock: 'GATEWAY' },
          { milestone: 'LOADING_IMAGE', ownAt: null, clock: 'GATEWAY' },
          { milestone: 'RECEIVE_FIRST_PROCESSED', ...frame },
          { milestone: 'FEW_PROCESSED', ...frame },
          { milestone: 'CLOSE', ownAt: null, clock: 'GATEWAY' },
        ]);
        same(session, {
          startupOutcome: 'SUCCESS',
          state: 'COMPLETED',
          isColdStart: true,
          region: 'EU',
          orchestratorAddress: pia.address,
          model: MODEL,
          statusSampleCount: 2,
          lastStatus: 'LOADING',
          loadingImageAt: `${DAY}T09:05:01.000Z`,
          latencies: { startupMs: known(3000, 1), ptffMs: known(4000, 1), loadingImageMs: known(1000, 1) },
          decisions: [{ method: 'ADDRESS', confidence: 'MEDIUM' }],
        });
      },
    },
    {
      rules: ['LIFECYCLE-001', 'LIFECYCLE-003', 'LIFECYCLE-008'],
      says: 'a trace without ids is a session of its own; its failure is no excuse; cold and warm starts are apart',
      async run(api) {
        const { networkDemand } = await api.ask(`{ networkDemand(${rangeOf(DAY)}, bucket: HOUR_1) { total {
          knownCount requestedCount startupSuccessCount startupFailedCount coldStartCount warmStartCount
          loadingImageCount } } }`);
        same(Object.values(networkDemand.total), [2, 2, 1, 1, 1, 1, 1]);
      },
    },
    {
      rules: ['LIFECYCLE-009', 'AGGREGATE-004'],
      says: 'a cold start-up is in the whole and in the cold, within 1 %; warm ones never came; no model has a threshold',
      async run(api) {
        const { serviceMetrics } = await api.ask(`{ serviceMetrics(${rangeOf(DAY)}, bucket: HOUR_1) { total {
          loadingImageCount startup { averageMs ${METRIC} } coldStartup { averageMs ${METRIC} p95Ms { value } }
          coldStartupTargetMs coldStartupComplianceRatio ${METRIC} warmStartup { averageMs ${METRIC} } } } }`);
        const { coldStartup, ...rest } = serviceMetrics.total;
        near(coldStartup.p95Ms.value, 3000, 0.01);
        same(
          [coldStartup.averageMs, rest],
          [
            known(3000, 1),
            {
              loadingImageCount: 1,
              startup: { averageMs: known(3000, 1) },
              coldStartupTargetMs: null,
              coldStartupComplianceRatio: missing('NOT_COLLECTED'),
              warmStartup: { averageMs: missing() },
            },
          ],
        );
      },
    },
    {
      rules: ['ATTRIBUTION-002'],
      says: 'test traffic counts only when asked for',
      async run(api) {
        const { only, both } = await api.ask(`{
          only: networkDemand(${rangeOf(DAY)}, bucket: HOUR_1, synthetic: ONLY) { total { knownCount } }
          both: networkDemand(${rangeOf(DAY)}, bucket: HOUR_1, synthetic: INCLUDE) { total { knownCount } } }`);
        same([only.total.knownCount, both.total.knownCount], [1, 3]);
      },
    },
  ],
};
