import type { Answer } from '../../../e2e/naap.js';
import { LATENCY, recountLatency } from './latencies.js';
import { numbersOf, numericFieldsOf } from './numeric-fields.js';
import { type Ask, allRows, EVENT, meanOf, PAGE, type Recount, rankOf, ratioOf, sumOf } from './recount.js';

const METRIC = '{ value sampleCount nullReason }';
const LATENCIES = [
  ...['startup', 'ptff', 'e2e', 'gatewayRoundTrip', 'gatewayToRunner', 'runnerProcessing', 'runnerToGateway'],
  ...['coldStartup', 'warmStartup'],
];
/** Ratios over requested sessions: the counter, and whether the ratio is what is left of one. */
const SESSION_RATIOS = {
  startupSuccessRatio: ['startupSuccessCount', false],
  effectiveSuccessRatio: ['effectiveFailedCount', true],
  noSwapRatio: ['swappedExplicitCount', true],
  swapRatio: ['swappedCount', false],
  outputViabilityRatio: ['outputFailedCount', true],
  excusedFailureRatio: ['startupExcusedCount', false],
} as const;

/** Sums and ratios of sessions from the sessions in them. */
function recountSessions(recount: Recount, type: string, served: Answer, parts: readonly Answer[]): void {
  for (const field of numericFieldsOf(type).filter((name) => name.endsWith('Count'))) {
    recount.same(`${type}.${field}`, served[field], sumOf(parts.map((part) => part[field])));
  }
  if (served.startupSuccessRatio === undefined) return;
  const requested = sumOf(parts.map((part) => part.requestedCount));
  for (const [field, [counter, isRest]] of Object.entries(SESSION_RATIOS)) {
    const share = ratioOf(sumOf(parts.map((part) => part[counter])), requested);
    recount.same(`${type}.${field}`, served[field], share !== null && isRest ? 1 - share : share);
  }
}

const samplesIn = (metrics: readonly Answer[]): readonly number[] =>
  metrics.flatMap(({ value, sampleCount }) => Array.from<number>({ length: sampleCount }).fill(value));

/** networkDemand, failureReasons, swapReasons: sums of sessions, each of which leads to its events. */
export async function walkSessionCounts(ask: Ask, recount: Recount, range: string): Promise<void> {
  for (const [field, type, connection] of [
    ['networkDemand', 'DemandMetrics', 'DemandContributionConnection'],
    ['failureReasons', 'FailureMetrics', 'FailureContributionConnection'],
    ['swapReasons', 'SwapMetrics', 'SwapContributionConnection'],
  ] as const) {
    const by = 'groupBy: [GATEWAY]';
    const { edges, total, totalCount } = (
      await ask(
        `{ ${field}(${range}, ${by}, first: 100) { totalCount total { ${numbersOf(type)} } edges { node { gateway metrics { ${numbersOf(type)} } } } } }`,
      )
    )[field];
    const prefix = field === 'networkDemand' ? 'Demand' : `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    recount.same(`${prefix}Connection.totalCount`, totalCount, edges.length);
    const parts = await allRows(async (page) => {
      const answer = await ask(`{ ${field}(${range}, first: 1) { contributions(${page}) { ${PAGE} edges { node {
        ${type === 'SwapMetrics' ? 'ordinal' : ''} gateway metrics { ${numbersOf(type)} } session { events(first: 1) { totalCount edges { node { ${EVENT} } } } } } } } } }`);
      return answer[field].contributions;
    });
    recount.stated(`${connection}.totalCount`, parts.length);
    recountSessions(
      recount,
      type,
      total,
      parts.map(({ metrics }) => metrics),
    );
    for (const { node } of edges) {
      const own = parts.filter(({ gateway }) => gateway === node.gateway);
      recountSessions(
        recount,
        type,
        node.metrics,
        own.map(({ metrics }) => metrics),
      );
    }
    for (const { session, ordinal } of parts) {
      if (ordinal !== undefined) recount.stated('SwapContribution.ordinal', ordinal);
      for (const { node } of session.events.edges) recount.event(node);
    }
  }
}

/** serviceMetrics: sums and latencies from contributions, frames from the samples of their sessions. */
export async function walkService(ask: Ask, recount: Recount, range: string): Promise<void> {
  const NUMBERS = `${numbersOf('ServiceMetrics')} states { ${numbersOf('StateSampleCounts')} } ${LATENCIES.map(
    (name) => `${name} { ${LATENCY} }`,
  ).join(' ')}`;
  const MEANS = `${numbersOf('ServiceMetrics')} states { ${numbersOf('StateSampleCounts')} } ${LATENCIES.map(
    (name) => `${name} { averageMs ${METRIC} }`,
  ).join(' ')}`;
  const { serviceMetrics } = await ask(
    `{ serviceMetrics(${range}, groupBy: [ORCHESTRATOR], first: 100) { totalCount total { ${NUMBERS} } edges { node { orchestratorAddress } } } }`,
  );
  const { total, edges, totalCount } = serviceMetrics;
  recount.same('ServiceConnection.totalCount', totalCount, edges.length);
  const rows = await allRows(async (page) => {
    const answer = await ask(`{ serviceMetrics(${range}, first: 1) { contributions(${page}) { ${PAGE} edges { node {
      bucketStart sessionId isTerminalTail inputs { healthObservedCount healthExpectedCount } metrics { ${MEANS} } } } } } }`);
    return answer.serviceMetrics.contributions;
  });
  recount.stated('ServiceContributionConnection.totalCount', rows.length);
  const kept = rows.filter(({ isTerminalTail }) => !isTerminalTail);
  const parts = kept.map(({ metrics }) => metrics);
  recountSessions(recount, 'ServiceMetrics', total, parts);
  for (const field of numericFieldsOf('StateSampleCounts')) {
    recount.same(`StateSampleCounts.${field}`, total.states[field], sumOf(parts.map(({ states }) => states[field])));
  }
  for (const name of LATENCIES) {
    recountLatency(recount, total[name], samplesIn(parts.map((part) => part[name].averageMs)));
  }
  recount.same(
    'ServiceMetrics.serviceMinutes',
    total.serviceMinutes,
    sumOf(parts.map((part) => part.serviceMinutes.value)),
    1e-6,
  );
  const inputs = kept.map((row) => row.inputs);
  recount.same(
    'ServiceMetrics.healthCoverageRatio',
    total.healthCoverageRatio,
    // 1 when nothing was expected
    ratioOf(sumOf(inputs.map((i) => i.healthObservedCount)), sumOf(inputs.map((i) => i.healthExpectedCount))) ?? 1,
  );
  for (const field of [
    'fpsComplianceRatio',
    'fpsEfficiency',
    'coldStartupComplianceRatio',
    'warmStartupComplianceRatio',
  ]) {
    recount.same(`ServiceMetrics.${field}`, total[field], meanOf(parts.map((part) => part[field])), 1e-6);
  }
  for (const field of ['receivedMbps', 'sentMbps', 'transportBandwidthMbps', 'gpuUtilisationRatio', 'cueRatio']) {
    recount.between(
      `ServiceMetrics.${field}`,
      total[field],
      parts.flatMap((part) => part[field].value ?? []),
    );
  }
  await recountFrames(ask, recount, total, rows);
}

/** Averages, percentiles and jitter of frames from what each status sample in the rows measured. */
async function recountFrames(ask: Ask, recount: Recount, total: Answer, rows: readonly Answer[]): Promise<void> {
  const bucketsOf = new Map<string, Set<number>>();
  for (const { sessionId, bucketStart, isTerminalTail } of rows) {
    const buckets = bucketsOf.get(sessionId) ?? new Set<number>();
    if (!isTerminalTail) buckets.add(Date.parse(bucketStart));
    bucketsOf.set(sessionId, buckets);
  }
  const samples: Answer[] = [];
  for (const [sessionId, buckets] of bucketsOf) {
    const events = await allRows(async (page) => {
      const { session } = await ask(`{ session(sessionId: "${sessionId}") { events(${page}) { ${PAGE} edges { node {
        at family ${EVENT} measured { ${numbersOf('EventMeasurement')} } } } } } }`);
      return session.events;
    });
    for (const event of events) {
      recount.event(event);
      if (event.measured !== null && buckets.has(Math.floor(Date.parse(event.at) / 3_600_000) * 3_600_000))
        samples.push(event);
    }
  }
  const fps = samples.flatMap(({ measured }) => measured.outputFps ?? []);
  const input = samples.flatMap(({ measured }) => measured.inputFps ?? []);
  const mean = ratioOf(sumOf(fps), fps.length);
  recount.same('ServiceMetrics.averageFps', total.averageFps, mean);
  recount.same('ServiceMetrics.averageInputFps', total.averageInputFps, ratioOf(sumOf(input), input.length));
  recount.same(
    'ServiceMetrics.fpsJitter',
    total.fpsJitter,
    mean === null || fps.length < 6 ? null : Math.sqrt(sumOf(fps.map((x) => (x - mean) ** 2)) / fps.length) / mean,
    1e-6,
  );
  for (const [field, quantile] of [
    ['p50Fps', 0.5],
    ['p95Fps', 0.95],
    ['p99Fps', 0.99],
  ] as const) {
    recount.same(`ServiceMetrics.${field}`, total[field], rankOf(fps, quantile), 0.0101);
  }
  for (const { measured } of samples) {
    for (const field of numericFieldsOf('EventMeasurement'))
      recount.stated(`EventMeasurement.${field}`, measured[field]);
  }
}
