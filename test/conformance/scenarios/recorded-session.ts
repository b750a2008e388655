import { readFileSync } from 'node:fs';
import type { Answer } from '../../e2e/naap.js';
import { near, rangeOf, same } from '../expectation.js';
import type { Message } from '../messages.js';
import type { PublicApi, Scenario } from '../scenario.js';

const DAY = '2026-01-08';
const TOPIC = 'network_events';
const PARTITION = 3;
const ORCHESTRATOR = '0xd00354656922168815fcd1e51cbddb9e359e3c7f';
const LINES = readFileSync(new URL('../../../data/recorded-session-2026-01-08.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n');

const INPUTS = `inputs { requestedCount startupSuccessCount swappedExplicitCount outputFailedCount healthExpectedCount
  legacyHealthObservedCount fpsSampleCount fpsSum ptffSampleCount ptffMsSum e2eSampleCount e2eMsSum }`;
const SOURCE = 'availability source { kind topic partition offset }';

/** From the score down to where every event was read, in one request. */
const WALK = `{ slaScores(${rangeOf(DAY)}, bucket: HOUR_1, groupBy: [ORCHESTRATOR], first: 1) { edges { node { score {
  value { value } scoringVersion formula parameters { name value } benchmarks { kind isSufficient } ${INPUTS}
  contributions(first: 5) { totalCount edges { node {
    bucketStart orchestratorAddress isTerminalTail sessionId ${INPUTS}
    session {
      sessionId
      decisions { isCurrent orchestratorAddress sightings { contentHash orchestratorAddress eventId event { ${SOURCE} } } }
      milestones { milestone eventId event { ${SOURCE} } }
      events(first: 100) { totalCount availability edges { node { eventId family name at ${SOURCE} } } }
    }
  } } }
} } } } }`;

/** The messages at the offsets that the answer names, as Kafka would give them again. */
function readAgain(events: Answer): Answer[] {
  return events.map(({ node }: Answer) => {
    same([node.source.kind, node.source.topic, node.source.partition], ['KAFKA', TOPIC, PARTITION]);
    const message = JSON.parse(LINES[node.source.offset] ?? 'null');
    same([message.id, message.type], [node.eventId, node.family]);
    return message;
  });
}

/** The inputs of the score once more, from nothing but the messages that the walk has found. */
function inputsOf(messages: readonly Answer[]): Record<string, unknown> {
  const first = (type: string): number =>
    Math.min(...messages.filter(({ data }) => data.type === type).map(({ data }) => data.timestamp));
  const statuses = messages.filter(({ type }) => type === 'ai_stream_status');
  const fps = statuses.map(({ data }) => Math.round(data.inference_status.fps * 1e6));
  const hasOutput = fps.some((micro) => micro > 0);
  const playable = first('gateway_receive_few_processed_segments');
  return {
    requestedCount: Number(first('gateway_receive_stream_request') < Number.POSITIVE_INFINITY),
    startupSuccessCount: Number(playable < Number.POSITIVE_INFINITY),
    swappedExplicitCount: messages.filter(({ data }) => data.type === 'orchestrator_swap').length,
    outputFailedCount: hasOutput ? 0 : 1,
    healthExpectedCount: 3,
    // a status, playable, and the predecessor’s third signal: output
    legacyHealthObservedCount: Number(statuses.length > 0) + Number(playable > 0) + Number(hasOutput),
    fpsSampleCount: fps.length,
    fpsSum: String(fps.reduce((sum, micro) => sum + micro, 0) / 1e6),
    ptffSampleCount: 1,
    ptffMsSum: playable - Math.min(...statuses.map(({ data }) => data.start_time)),
    e2eSampleCount: 1,
    e2eMsSum: first('runner_send_first_processed_segment') - first('gateway_send_first_ingest_segment'),
  };
}

/** The formula of the contract with the weights that the answer names; without benchmarks each credit is 0.5. */
function scoreOf(inputs: Answer, weights: ReadonlyMap<string, number>): number {
  const weight = (name: string): number => weights.get(name) ?? Number.NaN;
  const n = inputs.requestedCount;
  const reliability =
    (weight('startupSuccessWeight') * inputs.startupSuccessCount) / n +
    weight('noSwapWeight') * (1 - inputs.swappedExplicitCount / n) +
    weight('outputViabilityWeight') * (1 - inputs.outputFailedCount / n);
  const latency = weight('ptffWeight') * 0.5 + weight('e2eWeight') * 0.5;
  const quality = weight('latencyWeight') * latency + weight('fpsWeight') * 0.5;
  const coverage = Math.min(inputs.legacyHealthObservedCount / inputs.healthExpectedCount, 1);
  return 100 * coverage * (weight('reliabilityWeight') * reliability + weight('qualityWeight') * quality);
}

async function walk(api: PublicApi): Promise<{ readonly score: Answer; readonly contribution: Answer }> {
  const { slaScores } = await api.ask(WALK);
  const { score } = slaScores.edges[0].node;
  same(score.contributions.totalCount, 1);
  return { score, contribution: score.contributions.edges[0].node };
}

/** Recorded traffic of one session on Kafka: 65 messages, all accepted. */
export const recordedSession: Scenario = {
  name: 'the recorded session',
  source: { topic: TOPIC, partition: PARTITION },
  steps: [{ send: LINES.map((text): Message => ({ id: JSON.parse(text).id, text })) }, { settle: `${DAY}T23:30:00Z` }],
  checks: [
    {
      rules: ['LINEAGE-002', 'PARITY-001', 'AGGREGATE-005'],
      says: 'from its score to one session, its 57 events and their offsets; read again there, they give the inputs and the score of 85',
      async run(api) {
        const { score, contribution } = await walk(api);
        same([contribution.orchestratorAddress, contribution.isTerminalTail], [ORCHESTRATOR, false]);
        same(contribution.inputs, score.inputs);
        const { events } = contribution.session;
        same([events.totalCount, events.availability, events.edges.length], [57, 'KEPT', 57]);
        const inputs = inputsOf(readAgain(events.edges));
        same(inputs, { ...contribution.inputs });
        same(
          [score.formula, score.benchmarks.some((row: Answer) => row.isSufficient)],
          ['QUALITY_BENCHMARK_V1', false],
        );
        const weights = new Map<string, number>(score.parameters.map(({ name, value }: Answer) => [name, value]));
        near(scoreOf(inputs, weights), score.value.value);
        near(score.value.value, 85);
      },
    },
    {
      rules: ['LINEAGE-002', 'FACT-003', 'ATTRIBUTION-001'],
      says: 'from its decision to the capability report it rests on: its hash, and the offset where the orchestrator’s own words are',
      async run(api) {
        const { contribution } = await walk(api);
        const [decision] = contribution.session.decisions;
        same([decision.isCurrent, decision.orchestratorAddress], [true, ORCHESTRATOR]);
        const [sighting] = decision.sightings;
        same(/^[0-9a-f]{32}$/.test(sighting.contentHash), true);
        const report = JSON.parse(LINES[sighting.event.source.offset] ?? 'null');
        same([report.id, report.type], [sighting.eventId, 'network_capabilities']);
        same(report.data[0].address.toLowerCase(), ORCHESTRATOR);
        for (const { milestone, eventId, event } of contribution.session.milestones) {
          const { id } = JSON.parse(LINES[event.source.offset] ?? 'null');
          same([milestone, id], [milestone, eventId]);
        }
      },
    },
    {
      rules: ['LINEAGE-002', 'AGGREGATE-006'],
      says: 'the hour, its five minutes, its demand and the whole all lead to the same session, and its parts sum to the number',
      async run(api) {
        const contributions =
          'contributions(first: 3) { totalCount edges { node { sessionId metrics { statusSampleCount } } } }';
        const { serviceMetrics, networkDemand } = await api.ask(`{
          serviceMetrics(${rangeOf(DAY, '21:00', '22:00')}, bucket: MINUTE_5, groupBy: [MODEL], first: 1) { ${contributions}
            edges { node { metrics { statusSampleCount } ${contributions} points { metrics { statusSampleCount } ${contributions} } } } }
          networkDemand(${rangeOf(DAY, '21:00', '22:00')}, bucket: MINUTE_1, first: 1) {
            contributions(first: 3) { edges { node { sessionId bucketStart metrics { requestedCount } } } } } }`);
        const { node } = serviceMetrics.edges[0];
        const demand = networkDemand.contributions.edges[0].node;
        same([demand.bucketStart, demand.metrics], ['2026-01-08T21:49:05.298Z', { requestedCount: 1 }]);
        const numbers = [
          ...node.points.filter(({ metrics }: Answer) => metrics !== null),
          node,
          { ...node, ...serviceMetrics },
        ];
        same(numbers.length, 4);
        for (const { metrics, contributions: own } of numbers) {
          const parts = own.edges.map((edge: Answer) => edge.node.metrics.statusSampleCount);
          same(
            parts.reduce((sum: number, part: number) => sum + part, 0),
            metrics.statusSampleCount,
          );
          same(own.totalCount, parts.length);
          for (const edge of own.edges) same(edge.node.sessionId, demand.sessionId);
        }
      },
    },
  ],
};
