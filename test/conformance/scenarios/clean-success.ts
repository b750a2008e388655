import { known, METRIC, missing, near, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-01';
const MODEL = 'streamdiffusion-clean';
const scribe = createScribe('clean', DAY);
const ada = orchestratorOf('ada');
const stream = scribe.stream('clean-stream');
const SESSION = `sessions(streamId: "${stream.stream_id}", first: 1)`;

/** A stream that works from request to close, on one GPU of one orchestrator; fps 18, 20, 22 and again. */
export const cleanSuccess: Scenario = {
  name: 'clean success',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(ada, MODEL, 'GPU-clean-1')]),
        stream.trace('09:05:00', 'gateway_receive_stream_request'),
        stream.trace('09:05:01', 'gateway_send_first_ingest_segment', { by: ada }),
        stream.trace('09:05:01.010', 'runner_receive_first_ingest_segment', { by: ada, ownTime: '09:05:01.020' }),
        stream.trace('09:05:01.400', 'runner_send_first_processed_segment', { by: ada, ownTime: '09:05:01.420' }),
        stream.trace('09:05:01.500', 'gateway_receive_first_processed_segment', { by: ada }),
        stream.trace('09:05:02.500', 'gateway_receive_few_processed_segments', { by: ada }),
        ...[18, 20, 22, 18, 20, 22].map((fps, index) =>
          stream.status(`09:05:${index + 1 === 6 ? '59' : `${index + 1}0`}`, {
            by: ada,
            fps,
            state: 'ONLINE',
            startTime: '09:05:00.500',
            pipeline: MODEL,
          }),
        ),
        stream.ingest('09:05:30.700'),
        // milestones repeat after a hiccup: only the first of each counts
        stream.trace('09:05:40.100', 'gateway_receive_first_processed_segment', { by: ada }),
        stream.trace('09:06:01', 'gateway_ingest_stream_closed'),
      ],
    },
    { settle: '2026-02-01T10:20:00Z' },
  ],
  checks: [
    {
      rules: ['INGEST-001', 'LIFECYCLE-001', 'LIFECYCLE-002', 'LIFECYCLE-003', 'PARITY-001'],
      says: 'one session of stream and request: requested, playable, closed, a success with an orchestrator',
      async run(api) {
        const { sessions } = await api.ask(`{ ${SESSION} { totalCount edges { node {
          org streamId requestId gateway state startedAt lastSeenAt startupOutcome excusal selectionOutcome isRequested
          isPlayable hasFirstOutput isLoadingOnly isZeroOutput hasError segmentCount
        } } } }`);
        same(sessions.totalCount, 1);
        same(sessions.edges[0].node, {
          org: 'daydream',
          streamId: 'clean-stream',
          requestId: 'clean-stream-request',
          gateway: 'clean.gateway.example.com',
          state: 'COMPLETED',
          startedAt: '2026-02-01T09:05:00.000Z',
          lastSeenAt: '2026-02-01T09:06:01.000Z',
          startupOutcome: 'SUCCESS',
          excusal: null,
          selectionOutcome: 'SELECTED',
          isRequested: true,
          isPlayable: true,
          hasFirstOutput: true,
          isLoadingOnly: false,
          isZeroOutput: false,
          hasError: false,
          segmentCount: 1,
        });
      },
    },
    {
      rules: ['AGGREGATE-001', 'LIFECYCLE-002', 'LIFECYCLE-007'],
      says: 'start-up 1500 ms, e2e 420 (the runner on its clock), round trip 500, PTFF 2000, hops 20 + 400 + 80, mean fps 20, all 3 health signals',
      async run(api) {
        const { sessions } = await api.ask(`{ ${SESSION} { edges { node {
          averageFps ${METRIC} healthCoverageRatio ${METRIC}
          latencies { startupMs ${METRIC} e2eMs ${METRIC} gatewayRoundTripMs ${METRIC} ptffMs ${METRIC}
            gatewayToRunnerMs ${METRIC} runnerProcessingMs ${METRIC} runnerToGatewayMs ${METRIC} }
        } } } }`);
        same(sessions.edges[0].node, {
          averageFps: known(20, 6),
          healthCoverageRatio: known(1, 3),
          latencies: {
            startupMs: known(1500, 1),
            e2eMs: known(420, 1),
            gatewayRoundTripMs: known(500, 1),
            ptffMs: known(2000, 1),
            gatewayToRunnerMs: known(20, 1),
            runnerProcessingMs: known(400, 1),
            runnerToGatewayMs: known(80, 1),
          },
        });
      },
    },
    {
      rules: ['ATTRIBUTION-001', 'ATTRIBUTION-002', 'ATTRIBUTION-003', 'ATTRIBUTION-004', 'FACT-003'],
      says: 'resolved by URL to the on-chain address, lower-case, with the model’s pipeline; the decision names the report',
      async run(api) {
        const { sessions } = await api.ask(`{ ${SESSION} { edges { node { orchestratorAddress pipeline model decisions {
          outcome method reason confidence orchestratorAddress isCurrent sightings { orchestratorAddress orchestratorUri firstSeenAt eventId }
        } } } } }`);
        same(sessions.edges[0].node, {
          orchestratorAddress: ada.address,
          pipeline: 'live-video-to-video',
          model: MODEL,
          decisions: [
            {
              outcome: 'RESOLVED',
              method: 'URL',
              reason: 'MATCHED',
              confidence: 'HIGH',
              orchestratorAddress: ada.address,
              isCurrent: true,
              sightings: [
                {
                  orchestratorAddress: ada.address,
                  orchestratorUri: ada.url,
                  firstSeenAt: '2026-02-01T09:00:00.000Z',
                  eventId: 'clean-1',
                },
              ],
            },
          ],
        });
      },
    },
    {
      rules: ['LIFECYCLE-008', 'AGGREGATE-002'],
      says: 'demand of one success in 09:05, in nothing else',
      async run(api) {
        const { networkDemand } = await api.ask(`{ networkDemand(${rangeOf(DAY)}, bucket: MINUTE_5) {
          total { knownCount requestedCount startupSuccessCount effectiveFailedCount swappedCount startupSuccessRatio ${METRIC} }
          points { start metrics { requestedCount } } } }`);
        same(networkDemand.total, {
          knownCount: 1,
          requestedCount: 1,
          startupSuccessCount: 1,
          effectiveFailedCount: 0,
          swappedCount: 0,
          startupSuccessRatio: known(1, 1),
        });
        const filled = networkDemand.points.filter(({ metrics }: { metrics: unknown }) => metrics !== null);
        same(filled, [{ start: '2026-02-01T09:05:00.000Z', metrics: { requestedCount: 1 } }]);
      },
    },
    {
      rules: ['LIFECYCLE-009', 'AGGREGATE-001', 'AGGREGATE-004'],
      says: 'one GPU served 58 s: 6 samples, jitter √(8/3)/20, each latency once; bandwidth is null because nobody sends it',
      async run(api) {
        const { serviceMetrics } =
          await api.ask(`{ serviceMetrics(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR, GPU]) {
          totalCount edges { node { orchestratorAddress gpuId metrics {
            requestedCount statusSampleCount states { onlineCount loadingCount } serviceMinutes ${METRIC} averageFps ${METRIC}
            fpsJitter ${METRIC} e2e { averageMs ${METRIC} } ptff { averageMs ${METRIC} }
            transportBandwidthMbps ${METRIC} } } } } }`);
        same(serviceMetrics.totalCount, 1);
        const { orchestratorAddress, gpuId, metrics } = serviceMetrics.edges[0].node;
        same(orchestratorAddress, ada.address);
        same(/^gpu_[0-9a-f]{16}$/.test(gpuId), true);
        const { serviceMinutes, fpsJitter, ...others } = metrics;
        // from the first event that shows the orchestrator, 09:05:01, to the last, 09:05:59
        near(serviceMinutes.value, 58 / 60);
        near(fpsJitter.value, Math.sqrt(8 / 3) / 20);
        same(others, {
          requestedCount: 1,
          statusSampleCount: 6,
          states: { onlineCount: 6, loadingCount: 0 },
          averageFps: known(20, 6),
          e2e: { averageMs: known(420, 1) },
          ptff: { averageMs: known(2000, 1) },
          transportBandwidthMbps: missing('NOT_COLLECTED'),
        });
      },
    },
    {
      rules: ['AGGREGATE-005', 'SERVING-002', 'PARITY-001'],
      says: 'scores 85 in GraphQL and in /v1/sla/score alike: reliability 1, and no benchmark to judge quality by',
      async run(api) {
        const { slaScores } = await api.ask(`{ slaScores(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) {
          edges { node { orchestratorAddress score { isFinal scoringVersion value ${METRIC} } } } } }`);
        same(slaScores.edges.length, 1);
        const { orchestratorAddress, score } = slaScores.edges[0].node;
        same(orchestratorAddress, ada.address);
        same([score.isFinal, score.scoringVersion], [true, 'quality-benchmark-v1']);
        // 100 · 3/3 · (0.7 · 1 + 0.3 · 0.5)
        near(score.value.value, 85);
        const { data } = await api.get(
          `/v1/sla/score?window=24h&orchestrator_address=${ada.address}`,
          '2026-02-01T23:30:00Z',
        );
        same(
          [data.score, data.scoring_version, data.inputs.requested_count],
          [score.value.value, score.scoringVersion, 1],
        );
      },
    },
  ],
};
