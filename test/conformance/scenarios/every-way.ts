import { METRIC, near, rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-03-08';
/** In the hour after; the 24 hours that end with it hold this scenario alone. */
const NOW = `${DAY}T10:30:00Z`;
const [FROM, TO] = ['2026-03-07T11:00:00Z', `${DAY}T10:59:59.999Z`];
const RANGE = 'range: { start: "2026-03-07T11:00:00Z", end: "2026-03-08T11:00:00Z" }, bucket: HOUR_1';
const MODEL = 'streamdiffusion-ways';
const scribe = createScribe('ways', DAY);
const hana = orchestratorOf('hana');
const served = scribe.stream('ways-served');
const failed = scribe.stream('ways-failed');

const SCORE = (100 * 5 * (0.7 * (0.4 * 0.5 + 0.2 + 0.4) + 0.3 * 0.5)) / 6;

/** Two streams of one orchestrator in one hour: one becomes playable, the other fails after it showed frames. */
export const everyWay: Scenario = {
  name: 'the same number every way',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(hana, MODEL, 'GPU-ways')]),
        served.trace('09:05:00', 'gateway_receive_stream_request'),
        served.trace('09:05:01', 'gateway_send_first_ingest_segment', { by: hana }),
        served.trace('09:05:01.500', 'gateway_receive_first_processed_segment', { by: hana }),
        served.trace('09:05:02', 'gateway_receive_few_processed_segments', { by: hana }),
        served.status('09:05:10', { by: hana, fps: 20, state: 'ONLINE', pipeline: MODEL }),
        served.trace('09:06:00', 'gateway_ingest_stream_closed'),
        failed.trace('09:10:00', 'gateway_receive_stream_request'),
        failed.status('09:10:10', { by: hana, fps: 20, state: 'ONLINE', pipeline: MODEL }),
        failed.event('09:10:20', 'error', { message: 'the pipeline broke' }),
        failed.trace('09:10:30', 'gateway_ingest_stream_closed'),
        scribe.report('10:00:00', [surfaceOf(hana, MODEL, 'GPU-ways')]),
      ],
    },
    { settle: '2026-03-08T10:20:00Z' },
  ],
  checks: [
    {
      rules: ['SERVING-002', 'AGGREGATE-005'],
      says: 'the score is 59 1/6 in slaScores, orchestratorSelection, /v1/sla/score, both feeds and the Grafana leaderboard',
      async run(api) {
        const answer = await api.ask(
          `{ slaScores(${RANGE}, groupBy: [ORCHESTRATOR]) { edges { node { orchestratorAddress score { value ${METRIC} } } } }
             orchestratorSelection(model: "${MODEL}") { edges { node { orchestratorAddress score { value ${METRIC} } } } } }`,
          NOW,
        );
        same(answer.slaScores.edges.length, 1);
        const { orchestratorAddress, score } = answer.slaScores.edges[0].node;
        same(orchestratorAddress, hana.address);
        const points: number = score.value.value;
        // start-up 1/2, no swap, output; five of six health signals; nothing to judge quality by
        near(points, SCORE);
        same(answer.orchestratorSelection.edges, answer.slaScores.edges);

        const { data } = await api.get(`/v1/sla/score?window=24h&orchestrator_address=${hana.address}`, NOW);
        same(data.score, points);
        const stats = await api.get('/v1/feeds/orch-perf-stats', NOW);
        same(Object.keys(stats), [hana.address]);
        same(stats[hana.address].GLOBAL.score, points / 100);
        const webhook = await api.get(`/v1/feeds/orch-webhook?pipeline=live-video-to-video&model=${MODEL}`, NOW);
        same(webhook, [{ address: hana.url, score: points / 100 }]);

        const leaders = await api.panel('SLA leaderboard', FROM, TO);
        same(
          leaders.map((row) => [row['orchestrator'], row['model'], Number(row['score'])]),
          [[hana.address, MODEL, points]],
        );
      },
    },
    {
      rules: ['SERVING-002', 'LIFECYCLE-008'],
      says: 'two sessions are requested and half of them start in networkDemand, /v1/network/demand, /v1/sla/score and Grafana; half fail in the feed and /v1/sla/compliance',
      async run(api) {
        const { networkDemand, serviceMetrics } = await api.ask(
          `{ networkDemand(${RANGE}) { total { requestedCount startupSuccessRatio ${METRIC} } }
             serviceMetrics(${RANGE}) { total { effectiveSuccessRatio ${METRIC} } } }`,
          NOW,
        );
        const { requestedCount, startupSuccessRatio } = networkDemand.total;
        same([requestedCount, startupSuccessRatio.value], [2, 0.5]);
        const [requested] = await api.panel('Sessions requested', FROM, TO);
        same(Number(requested?.['requested']), requestedCount);
        const [startups] = await api.panel('Start-up success', FROM, TO);
        same(startups?.['start-up success'], startupSuccessRatio.value);
        const demand = await api.get('/v1/network/demand', NOW);
        same(
          demand.data.map((row: typeof demand.data) => [row.requested_sessions, row.startup_success_rate]),
          [[requestedCount, startupSuccessRatio.value]],
        );
        const { data } = await api.get('/v1/sla/score', NOW);
        same(
          [data.inputs.requested_count, data.inputs.startup_success_count],
          [requestedCount, requestedCount * startupSuccessRatio.value],
        );
        const stats = await api.get('/v1/feeds/orch-perf-stats?region=global', NOW);
        same(stats[hana.address].GLOBAL.success_rate, serviceMetrics.total.effectiveSuccessRatio.value);
        same(serviceMetrics.total.effectiveSuccessRatio.value, 0.5);
        const compliance = await api.get('/v1/sla/compliance', NOW);
        same(compliance.data.targets.failure_ratio.value, 0.5);
        // its one round trip of 500 ms is the network's median too
        near(stats[hana.address].GLOBAL.round_trip_score, 0.8, 0.01);
      },
    },
    {
      rules: ['SERVING-002', 'AGGREGATE-004'],
      says: 'the minutes served and the orchestrators serving in five-minute buckets are those of Grafana',
      async run(api) {
        const { serviceMetrics } = await api.ask(
          `{ serviceMetrics(${rangeOf(DAY, '09:00', '10:00')}, bucket: MINUTE_5, groupBy: [ORCHESTRATOR]) {
            totalCount total { serviceMinutes ${METRIC} } } }`,
          NOW,
        );
        const [minutes] = await api.panel('Minutes served', FROM, TO);
        near(Number(minutes?.['minutes']), serviceMetrics.total.serviceMinutes.value);
        same(serviceMetrics.total.serviceMinutes.value > 0, true);
        const [serving] = await api.panel('Orchestrators serving', FROM, TO);
        same(Number(serving?.['orchestrators']), serviceMetrics.totalCount);
      },
    },
  ],
};
