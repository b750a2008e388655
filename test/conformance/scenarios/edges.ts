import { rangeOf, same } from '../expectation.js';
import { createScribe, orchestratorOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-25';
const scribe = createScribe('edge', DAY);
const ezra = orchestratorOf('ezra');
const data = scribe.stream('edge-data');
const given = scribe.stream('edge-given');
const early = scribe.stream('edge-early');
const running = scribe.stream('edge-running');
const twins = ['one', 'two'].map((request) => scribe.stream('edge-twin', request));
const nameless = scribe.stream('edge-nameless', '');

/** Sessions that are a hair away from another outcome, bucket or session. */
export const edges: Scenario = {
  name: 'a hair away',
  steps: [
    {
      send: [
        data.trace('09:00:00', 'gateway_receive_stream_request'),
        data.trace('09:00:02', 'gateway_receive_first_data_segment', { by: ezra }),
        given.trace('09:01:00', 'gateway_receive_stream_request'),
        given.trace('09:01:01', 'gateway_send_first_ingest_segment', { by: ezra }),
        given.trace('09:01:02', 'gateway_no_orchestrators_available'),
        early.trace('09:14:59', 'gateway_send_first_ingest_segment', { by: ezra }),
        early.trace('09:15:01', 'gateway_receive_stream_request'),
        early.trace('09:15:02', 'gateway_receive_few_processed_segments', { by: ezra }),
        running.trace('09:20:00', 'gateway_receive_stream_request'),
        running.status('09:20:10', { by: ezra, state: 'LOADING' }),
        running.status('09:20:20', { by: ezra, state: 'DEGRADED_INPUT' }),
        running.status('09:20:30', { by: ezra, state: 'LOADING' }),
        ...twins.map((twin) => twin.trace('09:25:00', 'gateway_receive_stream_request')),
        ...['09:26:00', '09:26:10'].map((time) => nameless.status(time, { by: ezra, fps: 1 })),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-002', 'LIFECYCLE-003'],
      says: 'a data segment is no start; that no orchestrator was left is no excuse once one was observed',
      async run(api) {
        const FIELDS = 'edges { node { startupOutcome excusal selectionOutcome } }';
        const answer = await api.ask(`{ data: sessions(streamId: "edge-data") { ${FIELDS} }
          given: sessions(streamId: "edge-given") { ${FIELDS} } }`);
        const failed = { startupOutcome: 'FAILED', excusal: 'NONE', selectionOutcome: 'SELECTED' };
        same([answer.data.edges, answer.given.edges], [[{ node: failed }], [{ node: failed }]]);
      },
    },
    {
      rules: ['LIFECYCLE-007'],
      says: 'one running sample among three makes it no session that only loaded, though it had no output',
      async run(api) {
        const { sessions } = await api.ask(
          '{ sessions(streamId: "edge-running") { edges { node { isLoadingOnly isZeroOutput } } } }',
        );
        same(sessions.edges, [{ node: { isLoadingOnly: false, isZeroOutput: true } }]);
      },
    },
    {
      rules: ['LIFECYCLE-008'],
      says: 'a session starts with its request, in that bucket, whatever was seen two seconds before',
      async run(api) {
        const { sessions, networkDemand } = await api.ask(`{
          sessions(streamId: "edge-early") { edges { node { startedAt } } }
          networkDemand(${rangeOf(DAY, '09:10', '09:20')}, bucket: MINUTE_5) { edges { node {
            points { start metrics { knownCount startupSuccessCount } } } } } }`);
        same(sessions.edges, [{ node: { startedAt: `${DAY}T09:15:01.000Z` } }]);
        const [group] = networkDemand.edges;
        same(
          group.node.points.filter((point: { metrics: unknown }) => point.metrics !== null),
          [{ start: `${DAY}T09:15:00.000Z`, metrics: { knownCount: 1, startupSuccessCount: 1 } }],
        );
      },
    },
    {
      rules: ['LIFECYCLE-001'],
      says: 'two requests of a stream are two sessions; events of a stream without a request are one',
      async run(api) {
        const { twin, one } = await api.ask(`{ twin: sessions(streamId: "edge-twin") { totalCount }
          one: sessions(streamId: "edge-nameless") { edges { node { requestId statusSampleCount } } } }`);
        same(twin.totalCount, 2);
        same(one.edges, [{ node: { requestId: null, statusSampleCount: 2 } }]);
      },
    },
  ],
};
