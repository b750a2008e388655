import { encodeBins, encodeSample } from './bins.js';
import { absorbCell, type Cell, emptyCell, statusCount } from './cell.js';
import { STREAM_STATES, type StreamState } from './event.js';
import type { Grain } from './grain.js';
import { type Health, healthOf, isLoadingOnly, isZeroOutput, type Judgement, judge } from './judgement.js';
import type { LatencyName, StartupName } from './latencies.js';
import { formatMicro, formatSquareMicro } from './micro.js';
import { compareOrder } from './order.js';
import type { PeriodEvidence } from './period-evidence.js';
import { NO_READINGS, readingColumns } from './reading-columns.js';
import { addReadingSums, type ReadingSums } from './readings.js';
import type { LatencySums, SampleSums, SessionBucketRow } from './rollup-source-rows.js';
import type { SegmentAttributions } from './segment-attribution.js';
import { countSession, NO_COUNTERS } from './session-counters.js';
import type { SessionHistory } from './session-history.js';
import { addTailCounts, looksLikeTail, NO_TAIL_COUNTS, type TailCounts, tailCountsOf } from './tail-counts.js';

const NO_HEALTH: Health = { expected: 0, observed: 0, legacyObserved: 0 };

export interface PeriodContext {
  readonly org: string;
  readonly sessionKey: string;
  /** Known exactly up to the bucket's horizon. */
  readonly history: SessionHistory;
  readonly attributions: SegmentAttributions;
}

/** One identity's row while it is gathered. */
interface Draft {
  readonly grain: Grain;
  readonly cell: Cell;
  serviceMs: number;
  restarts: number;
  readings: ReadingSums | null;
  previous: TailCounts;
  /** All samples of the identity that the history holds, whatever their bucket. */
  known: TailCounts;
  isSwappedHere: boolean;
  isSwappedExplicitly: boolean;
  isSwappedByInference: boolean;
  isSwappedBeforePlayable: boolean;
  readonly latencies: Map<LatencyName | StartupName, number>;
}

/**
 * The rows of a session in one bucket, one per identity with evidence, service, a latency, a restart or a parameter update in it [LIFECYCLE-009].
 *
 * Everything is read off the history as it stands, so it must end at the bucket's horizon.
 */
export function periodRows(
  context: PeriodContext,
  evidence: PeriodEvidence,
  bucketStartMs: number,
  widthMs: number,
): readonly SessionBucketRow[] {
  const judgement = judge(context.history);
  if (judgement === null) return [];
  const bucket = { startMs: bucketStartMs, endMs: bucketStartMs + widthMs };
  const drafts = new Map<string, Draft>();
  for (const { segment, cell, serviceMs, restarts, readings } of evidence.evidenceOf(bucketStartMs)) {
    const draft = draftOf(drafts, context.attributions.of(segment).grain);
    absorbCell(draft.cell, cell);
    draft.serviceMs += serviceMs;
    draft.restarts += restarts;
    draft.readings = addReadingSums(draft.readings, readings);
  }
  addSwaps(drafts, context, bucket);
  addLatencies(drafts, context, bucket, judgement);
  for (const [segment, counts] of evidence.countsBefore(bucketStartMs)) {
    const draft = drafts.get(context.attributions.of(segment).grain.grainId);
    if (draft !== undefined) draft.previous = addTailCounts(draft.previous, counts);
  }
  for (const segment of context.history.segments) {
    const draft = drafts.get(context.attributions.of(segment).grain.grainId);
    if (draft !== undefined) draft.known = addTailCounts(draft.known, tailCountsOf(segment.cell));
  }
  return [...drafts.values()]
    .filter((draft) => hasEvidence(draft) || hasMeasures(draft))
    .map((draft) => rowOf(context, judgement, draft, bucket))
    .sort((a, b) => (a.grainId < b.grainId ? -1 : 1));
}

interface Bucket {
  readonly startMs: number;
  readonly endMs: number;
}

function draftOf(drafts: Map<string, Draft>, grain: Grain): Draft {
  const known = drafts.get(grain.grainId);
  if (known !== undefined) return known;
  const draft: Draft = {
    grain,
    cell: emptyCell(),
    serviceMs: 0,
    restarts: 0,
    readings: null,
    previous: NO_TAIL_COUNTS,
    known: NO_TAIL_COUNTS,
    isSwappedHere: false,
    isSwappedExplicitly: false,
    isSwappedByInference: false,
    isSwappedBeforePlayable: false,
    latencies: new Map(),
  };
  drafts.set(grain.grainId, draft);
  return draft;
}

/** A swap is evidence in its bucket, marks later rows of the identity, and fails the start-up it came before. */
function addSwaps(drafts: Map<string, Draft>, { history, attributions }: PeriodContext, bucket: Bucket): void {
  const playable = history.edge('few_processed');
  const blamed = history.swaps.flatMap((swap) => {
    const segment = swap.from === null ? undefined : history.segments[swap.from];
    return segment === undefined ? [] : [{ swap, grain: attributions.of(segment).grain }];
  });
  // every row there will be, before an earlier swap looks for the row it marks
  for (const { swap, grain } of blamed) {
    if (swap.key.at >= bucket.startMs && swap.key.at < bucket.endMs) draftOf(drafts, grain).isSwappedHere = true;
  }
  for (const { swap, grain } of blamed) {
    const draft = drafts.get(grain.grainId);
    if (draft === undefined) continue;
    draft.isSwappedExplicitly ||= swap.isExplicit && swap.key.at < bucket.endMs;
    draft.isSwappedByInference ||= !swap.isExplicit && swap.key.at < bucket.endMs;
    draft.isSwappedBeforePlayable ||= playable === null || compareOrder(swap.key, playable) < 0;
  }
}

function addLatencies(
  drafts: Map<string, Draft>,
  { history, attributions }: PeriodContext,
  bucket: Bucket,
  { isColdStart }: Judgement,
): void {
  for (const { name, ms, at, segment } of history.latencies()) {
    if (at < bucket.startMs || at >= bucket.endMs) continue;
    const { latencies } = draftOf(drafts, attributions.of(segment).grain);
    latencies.set(name, ms);
    if (name === 'startup' && isColdStart !== null) latencies.set(isColdStart ? 'coldStartup' : 'warmStartup', ms);
  }
}

function hasEvidence(draft: Draft): boolean {
  return draft.isSwappedHere || statusCount(draft.cell) > 0;
}

/** Whether there is something to count although nobody was seen serving. */
function hasMeasures({ serviceMs, latencies, restarts, cell }: Draft): boolean {
  return serviceMs > 0 || latencies.size > 0 || restarts > 0 || cell.parameterUpdates > 0;
}

function rowOf(context: PeriodContext, judgement: Judgement, draft: Draft, bucket: Bucket): SessionBucketRow {
  const { grain, cell, known } = draft;
  const isEvident = hasEvidence(draft);
  const health = isEvident ? healthOf(context.history, judgement, known) : NO_HEALTH;
  const counters = isEvident
    ? countSession(judgement, { ...draft, isLoadingOnly: isLoadingOnly(known), isZeroOutput: isZeroOutput(known) })
    : NO_COUNTERS;
  return {
    bucketStart: new Date(bucket.startMs),
    org: context.org,
    sessionKey: context.sessionKey,
    grainId: grain.grainId,
    isTail: isTerminalTail(judgement, draft, bucket),
    isHardwareBacked: grain.gpuId !== '',
    lastSeenAt: new Date(judgement.lastSeenAtMs),
    healthObservedCount: health.observed,
    healthExpectedCount: health.expected,
    legacyHealthObservedCount: health.legacyObserved,
    serviceMsSum: draft.serviceMs,
    restartCount: draft.restarts,
    parameterUpdateCount: cell.parameterUpdates,
    // spreads last: a key written after one makes the object a hash table
    ...counters,
    ...sampleSums(cell),
    ...(draft.readings === null ? NO_READINGS : readingColumns(draft.readings)),
    ...latencySums(draft.latencies),
  };
}

/** The last samples of a session that ended in the bucket before; nothing it was asked to serve [LIFECYCLE-009]. */
function isTerminalTail(judgement: Judgement, draft: Draft, bucket: Bucket): boolean {
  if (draft.isSwappedHere || statusCount(draft.cell) === 0) return false;
  if (judgement.startedAtMs >= bucket.startMs || judgement.lastSeenAtMs >= bucket.endMs) return false;
  return looksLikeTail(tailCountsOf(draft.cell)) && looksLikeTail(draft.previous);
}

function sampleSums(cell: Cell): SampleSums {
  const samples = (state: StreamState): number => cell.states[STREAM_STATES.indexOf(state)] ?? 0;
  return {
    statusSampleCount: statusCount(cell),
    errorSampleCount: cell.errorSamples,
    loadingSampleCount: samples('LOADING'),
    offlineSampleCount: samples('OFFLINE'),
    onlineSampleCount: samples('ONLINE'),
    degradedInputSampleCount: samples('DEGRADED_INPUT'),
    degradedInferenceSampleCount: samples('DEGRADED_INFERENCE'),
    errorStateSampleCount: samples('ERROR'),
    fpsSampleCount: cell.fpsCount,
    fpsPositiveCount: cell.fpsPositive,
    fpsSum: formatMicro(cell.fpsSum),
    fpsSquareSum: formatSquareMicro(cell.fpsSquareSum),
    fpsHistogram: encodeBins(cell.fpsBins),
    inputFpsSampleCount: cell.inputCount,
    inputFpsSum: formatMicro(cell.inputSum),
  };
}

function latencySums(latencies: Draft['latencies']): LatencySums {
  const count = (name: LatencyName | StartupName): number => Number(latencies.has(name));
  const sum = (name: LatencyName | StartupName): number => latencies.get(name) ?? 0;
  const histogram = (name: LatencyName | StartupName): string => encodeSample(sum(name));
  return {
    startupSampleCount: count('startup'),
    startupMsSum: sum('startup'),
    startupMsHistogram: histogram('startup'),
    coldStartupSampleCount: count('coldStartup'),
    coldStartupMsSum: sum('coldStartup'),
    coldStartupMsHistogram: histogram('coldStartup'),
    warmStartupSampleCount: count('warmStartup'),
    warmStartupMsSum: sum('warmStartup'),
    warmStartupMsHistogram: histogram('warmStartup'),
    e2eSampleCount: count('e2e'),
    e2eMsSum: sum('e2e'),
    e2eMsHistogram: histogram('e2e'),
    gatewayRoundTripSampleCount: count('gatewayRoundTrip'),
    gatewayRoundTripMsSum: sum('gatewayRoundTrip'),
    gatewayRoundTripMsHistogram: histogram('gatewayRoundTrip'),
    ptffSampleCount: count('ptff'),
    ptffMsSum: sum('ptff'),
    ptffMsHistogram: histogram('ptff'),
    hopGatewayRunnerSampleCount: count('hopGatewayRunner'),
    hopGatewayRunnerMsSum: sum('hopGatewayRunner'),
    hopGatewayRunnerMsHistogram: histogram('hopGatewayRunner'),
    hopRunnerSampleCount: count('hopRunner'),
    hopRunnerMsSum: sum('hopRunner'),
    hopRunnerMsHistogram: histogram('hopRunner'),
    hopRunnerGatewaySampleCount: count('hopRunnerGateway'),
    hopRunnerGatewayMsSum: sum('hopRunnerGateway'),
    hopRunnerGatewayMsHistogram: histogram('hopRunnerGateway'),
  };
}
