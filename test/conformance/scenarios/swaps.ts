import { known, METRIC, near, rangeOf, same } from '../expectation.js';
import { createScribe, type Orchestrator, orchestratorOf, surfaceOf } from '../messages.js';
import type { Scenario } from '../scenario.js';

const DAY = '2026-02-03';
const MODEL = 'streamdiffusion-swap';
const scribe = createScribe('swap', DAY);
const cleo = orchestratorOf('cleo');
const dora = orchestratorOf('dora');
const explicit = scribe.stream('swap-explicit');
const inferred = scribe.stream('swap-inferred');
const early = scribe.stream('swap-early');

/** Three streams begin on cleo and end on dora: announced, unannounced, and announced before anything played. */
export const swaps: Scenario = {
  name: 'success with swap',
  steps: [
    {
      send: [
        scribe.report('09:00:00', [surfaceOf(cleo, MODEL, 'GPU-swap-1'), surfaceOf(dora, MODEL, 'GPU-swap-2')]),
        ...beginning(explicit, '09:05', cleo),
        explicit.status('09:05:10', { by: cleo, fps: 20, state: 'ONLINE' }),
        explicit.trace('09:05:14', 'orchestrator_swap', { by: cleo, message: 'context deadline exceeded' }),
        explicit.status('09:05:20', { by: dora, fps: 20, state: 'ONLINE' }),
        ...beginning(inferred, '09:10', cleo),
        inferred.status('09:10:10', { by: cleo, fps: 20, state: 'ONLINE' }),
        inferred.status('09:10:20', { by: dora, fps: 20, state: 'ONLINE' }),
        early.trace('09:20:00', 'gateway_receive_stream_request'),
        early.trace('09:20:01', 'gateway_send_first_ingest_segment', { by: cleo }),
        early.trace('09:20:04', 'orchestrator_swap', { by: cleo, message: 'insufficient capacity' }),
        early.trace('09:20:06', 'gateway_receive_first_processed_segment', { by: dora }),
        early.trace('09:20:07', 'gateway_receive_few_processed_segments', { by: dora }),
        early.status('09:20:10', { by: dora, fps: 20, state: 'ONLINE' }),
      ],
    },
  ],
  checks: [
    {
      rules: ['LIFECYCLE-005', 'LIFECYCLE-006'],
      says: 'two segments each; announced swaps at their event’s time with a reason class, the other inferred at the change',
      async run(api) {
        const { sessions } =
          await api.ask(`{ sessions(startedIn: { start: "${DAY}T00:00:00Z", end: "2026-02-04T00:00:00Z" },
          ascending: true) { edges { node { startupOutcome segments { orchestratorAddress }
            swaps { swappedAt isExplicit reasonClass fromAddress toAddress eventId } } } } }`);
        const segments = [{ orchestratorAddress: cleo.address }, { orchestratorAddress: dora.address }];
        const ends = { fromAddress: cleo.address, toAddress: dora.address };
        const swap = (at: string, reasonClass: string, eventId: string | null) => ({
          swappedAt: `${DAY}T${at}.000Z`,
          isExplicit: eventId !== null,
          reasonClass,
          ...ends,
          eventId,
        });
        same(
          sessions.edges.map(({ node }: { node: object }) => node),
          [
            { startupOutcome: 'SUCCESS', segments, swaps: [swap('09:05:14', 'TIMEOUT', 'swap-6')] },
            { startupOutcome: 'SUCCESS', segments, swaps: [swap('09:10:20', 'UNKNOWN', null)] },
            { startupOutcome: 'SUCCESS', segments, swaps: [swap('09:20:04', 'OVERLOAD', 'swap-15')] },
          ],
        );
      },
    },
    {
      rules: ['LIFECYCLE-008', 'AGGREGATE-002'],
      says: 'demand: 3 swapped, 2 announced, 1 inferred; the success ratio is whole',
      async run(api) {
        const { networkDemand } = await api.ask(`{ networkDemand(${rangeOf(DAY)}, bucket: HOUR_1) { total {
          requestedCount startupSuccessCount swappedCount swappedExplicitCount swappedInferredCount
          noSwapRatio ${METRIC} swapRatio ${METRIC} } } }`);
        same(networkDemand.total, {
          requestedCount: 3,
          startupSuccessCount: 3,
          swappedCount: 3,
          swappedExplicitCount: 2,
          swappedInferredCount: 1,
          noSwapRatio: known(1 / 3, 3),
          swapRatio: known(1, 3),
        });
      },
    },
    {
      rules: ['LIFECYCLE-009', 'AGGREGATE-006'],
      says: 'service: each orchestrator counts the 3 sessions, the swaps blame cleo, and so does the start that dora saved',
      async run(api) {
        const { serviceMetrics } =
          await api.ask(`{ serviceMetrics(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) {
          edges { node { orchestratorAddress metrics { requestedCount startupSuccessCount startupFailedCount swappedCount
            statusSampleCount } } } total { requestedCount } } }`);
        const byAddress = new Map(
          serviceMetrics.edges.map(({ node }: { node: { orchestratorAddress: string; metrics: object } }) => [
            node.orchestratorAddress,
            Object.values(node.metrics),
          ]),
        );
        same(byAddress.get(cleo.address), [3, 2, 1, 3, 2]);
        same(byAddress.get(dora.address), [3, 3, 0, 0, 3]);
        same(serviceMetrics.total.requestedCount, 6);
      },
    },
    {
      rules: ['AGGREGATE-005'],
      says: 'the score takes announced swaps only: reliability of cleo 0.4 · 2/3 + 0.2 · 1/3 + 0.4, of dora 1',
      async run(api) {
        const { slaScores } = await api.ask(`{ slaScores(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR]) {
          edges { node { orchestratorAddress score { subscores { name value { value } } } } } } }`);
        const reliability = new Map<string, number>(
          slaScores.edges.map(({ node }: { node: Scored }) => [
            node.orchestratorAddress,
            node.score.subscores.find(({ name }) => name === 'reliability')?.value.value,
          ]),
        );
        near(reliability.get(cleo.address), (0.4 * 2) / 3 + 0.2 / 3 + 0.4);
        near(reliability.get(dora.address), 1);
      },
    },
    {
      rules: ['AGGREGATE-005'],
      says: 'by spec-v1 failures of 1/3 and swaps of 3/3 are beyond their limits: 0 for cleo, 100 for dora; what has no samples is named and weighs nothing',
      async run(api) {
        const { slaScores } = await api.ask(`{ slaScores(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR],
          scoringVersion: "spec-v1") { edges { node { orchestratorAddress score { value { value } missing } } } } }`);
        const scores = new Map(
          slaScores.edges.map(({ node }: { node: { orchestratorAddress: string; score: SpecScore } }) => [
            node.orchestratorAddress,
            [node.score.value.value, [...node.score.missing].sort()],
          ]),
        );
        const missing = ['e2eP50', 'e2eP95', 'jitter', 'ptffP50', 'ptffP95'];
        same(scores.get(cleo.address), [0, missing]);
        same(scores.get(dora.address), [100, missing]);
      },
    },
  ],
};

interface SpecScore {
  readonly value: { readonly value: number };
  readonly missing: readonly string[];
}

interface Scored {
  readonly orchestratorAddress: string;
  readonly score: {
    readonly subscores: readonly { readonly name: string; readonly value: { readonly value: number } }[];
  };
}

function beginning(stream: ReturnType<typeof scribe.stream>, minute: string, by: Orchestrator) {
  return [
    stream.trace(`${minute}:00`, 'gateway_receive_stream_request'),
    stream.trace(`${minute}:01`, 'gateway_send_first_ingest_segment', { by }),
    stream.trace(`${minute}:02`, 'gateway_receive_few_processed_segments', { by }),
  ];
}
