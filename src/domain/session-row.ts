import type { Attribution } from './attribution.js';
import type { CapabilityRun } from './capability-index.js';
import { SIGHTING_GRACE_MS } from './capability-index.js';
import { runningCount, statusCount } from './cell.js';
import { MILESTONES } from './event.js';
import type { Failure } from './failure.js';
import { FOLD_VERSION } from './fold-codec.js';
import { keptGpuReadings } from './gpu-reading.js';
import type { Grain } from './grain.js';
import { healthOf, isLoadingOnly, isZeroOutput, type Judgement } from './judgement.js';
import { type LatencyName, loadingImageMs } from './latencies.js';
import { formatMicro, formatSquareMicro } from './micro.js';
import { publicId } from './public-id.js';
import type {
  DecisionRow,
  GpuReadingRow,
  MilestoneJson,
  SegmentRow,
  SessionRow,
  SightingJson,
  SwapRow,
} from './resolved-rows.js';
import { restartsIn } from './restarts.js';
import type { SessionCounters, SessionStartRow } from './rollup-source-rows.js';
import type { AttributedSegment, Naming, SegmentAttributions } from './segment-attribution.js';
import type { Segment } from './segments.js';
import { countSession } from './session-counters.js';
import type { SessionHistory } from './session-history.js';
import { encodePrefix, type SessionPrefix } from './session-prefix.js';
import type { Swap } from './swaps.js';
import { tailCountsOf } from './tail-counts.js';
import { sliceStartMs } from './time.js';

export interface SessionName {
  readonly org: string;
  readonly sessionKey: string;
}

/** The public id of a session. */
export function publicSessionId({ org, sessionKey }: SessionName): string {
  return publicId('s', [org, sessionKey]);
}

/** The session's own row; its orchestrator, pipeline, model and GPU are its last segment's. */
export function sessionRow(
  name: SessionName,
  history: SessionHistory,
  judgement: Judgement,
  last: AttributedSegment,
  { failure, prefix }: { readonly failure: Failure | null; readonly prefix: SessionPrefix | null },
): SessionRow {
  const { facts, total, swaps } = history;
  const { gateway, region, orchestratorAddress, pipeline, model, gpuId } = last.grain;
  const { startedAtMs, firstSeenAtMs, lastSeenAtMs, isColdStart, hasLoadingImage: _, ...flags } = judgement;
  // spreads last: a key written after one makes the object a hash table (77 µs a row in a profile of a rebuild)
  return {
    sessionId: publicSessionId(name),
    streamId: facts.streamId,
    requestId: facts.requestId,
    grainId: last.grain.grainId,
    gateway,
    region,
    isSynthetic: facts.isSynthetic,
    startedAt: new Date(startedAtMs),
    firstSeenAt: new Date(firstSeenAtMs),
    lastSeenAt: new Date(lastSeenAtMs),
    isLoadingOnly: isLoadingOnly(tailCountsOf(total)),
    isZeroOutput: isZeroOutput(tailCountsOf(total)),
    isColdStart,
    failureClass: failure?.failureClass ?? null,
    failureReason: failure?.failureReason ?? null,
    failureEventId: failure?.failureEventId ?? null,
    explicitSwapCount: swaps.filter((swap) => swap.isExplicit).length,
    inferredSwapCount: swaps.filter((swap) => !swap.isExplicit).length,
    segmentCount: history.segments.length,
    errorCount: facts.errorCount,
    excusableErrorCount: facts.excusableErrorCount,
    restartCount: history.segments.reduce((sum, { cell }) => sum + restartsIn(cell.restarts), 0),
    parameterUpdateCount: total.parameterUpdates,
    milestones: milestonesOf(history),
    orchestratorAddress,
    pipeline,
    model,
    gpuId,
    attributionOutcome: last.attribution.outcome,
    attributionMethod: last.attribution.method,
    prefix: prefix === null ? null : encodePrefix(prefix),
    prefixUntil: prefix === null ? null : new Date(prefix.untilMs),
    foldVersion: FOLD_VERSION,
    ...name,
    ...flags,
    ...sampleColumns(history),
    ...healthColumns(history, judgement),
    ...latencyColumns(history),
  };
}

function sampleColumns({ total, facts: { lastSample } }: SessionHistory) {
  const fps = (micro: number | null | undefined): string | null =>
    micro === null || micro === undefined ? null : formatMicro(BigInt(micro));
  return {
    statusSampleCount: statusCount(total),
    runningSampleCount: runningCount(total),
    fpsSampleCount: total.fpsCount,
    fpsPositiveCount: total.fpsPositive,
    fpsSum: formatMicro(total.fpsSum),
    fpsSquareSum: formatSquareMicro(total.fpsSquareSum),
    inputFpsSampleCount: total.inputCount,
    inputFpsSum: formatMicro(total.inputSum),
    lastState: lastSample?.state ?? null,
    lastFps: fps(lastSample?.fpsMicro),
    lastInputFps: fps(lastSample?.inputFpsMicro),
  };
}

function healthColumns(history: SessionHistory, judgement: Judgement) {
  const health = healthOf(history, judgement, tailCountsOf(history.total));
  return {
    healthObserved: health.observed,
    healthExpected: health.expected,
    legacyHealthObserved: health.legacyObserved,
  };
}

function latencyColumns(history: SessionHistory) {
  const loadingImage = history.edge('loading_image');
  const byName = new Map<LatencyName, number>(history.latencies().map(({ name, ms }) => [name, ms]));
  const ms = (name: LatencyName): number | null => byName.get(name) ?? null;
  return {
    startupMs: ms('startup'),
    e2eMs: ms('e2e'),
    gatewayRoundTripMs: ms('gatewayRoundTrip'),
    ptffMs: ms('ptff'),
    hopGatewayRunnerMs: ms('hopGatewayRunner'),
    hopRunnerMs: ms('hopRunner'),
    hopRunnerGatewayMs: ms('hopRunnerGateway'),
    loadingImageAt: loadingImage === null ? null : new Date(loadingImage.at),
    loadingImageMs: loadingImageMs(history.total),
  };
}

/** First of each milestone in order of time [LIFECYCLE-002]. */
function milestonesOf({ total }: SessionHistory): readonly MilestoneJson[] {
  const seen = MILESTONES.flatMap((milestone, index) => {
    const edge = total.edges[index] ?? null;
    return edge === null ? [] : [{ milestone, edge, index }];
  });
  return seen
    .sort((a, b) => a.edge.at - b.edge.at || a.index - b.index)
    .map(({ milestone, edge }) => ({
      milestone,
      at: instant(edge.at),
      own_at: edge.ownAt === null ? null : instant(edge.ownAt),
      event_id: edge.id,
    }));
}

/** What a session counts as, once, with the flags of its whole life [LIFECYCLE-008]. */
export function cohortCounters({ total, swaps }: SessionHistory, judgement: Judgement): SessionCounters {
  return countSession(judgement, {
    isLoadingOnly: isLoadingOnly(tailCountsOf(total)),
    isZeroOutput: isZeroOutput(tailCountsOf(total)),
    isSwappedExplicitly: swaps.some((swap) => swap.isExplicit),
    isSwappedByInference: swaps.some((swap) => !swap.isExplicit),
    isSwappedBeforePlayable: false,
  });
}

/** Cohort row of a session, in the bucket of its start [LIFECYCLE-008]. */
export function sessionStartRow(
  name: SessionName,
  judgement: Judgement,
  last: AttributedSegment,
  { counters, failure }: { readonly counters: SessionCounters; readonly failure: Failure | null },
): SessionStartRow {
  return {
    bucketStart: new Date(sliceStartMs(judgement.startedAtMs)),
    grainId: last.grain.grainId,
    gpuIdentityStatus: last.grain.gpuId === '' ? 'hardware_unresolved' : 'resolved',
    selectionOutcome: judgement.selectionOutcome,
    attributionOutcome: last.attribution.outcome,
    failureClass: failure?.failureClass ?? '',
    failureReason: failure?.failureReason ?? '',
    ...name,
    ...counters,
  };
}

export function segmentRow(name: SessionName, segment: Segment, attributions: SegmentAttributions): SegmentRow {
  const { attribution, grain } = attributions.of(segment);
  const { cell, first } = segment;
  return {
    ordinal: segment.ordinal,
    startedAt: new Date(cell.firstAt ?? cell.lastAt),
    startedRank: segment.change?.rank ?? 0,
    startedEventId: segment.change?.id ?? '',
    endedAt: new Date(cell.lastAt),
    grainId: grain.grainId,
    observedUrl: first.url,
    observedAddress: first.address,
    statusSampleCount: statusCount(cell),
    fpsSampleCount: cell.fpsCount,
    fpsSum: formatMicro(cell.fpsSum),
    serviceMs: segment.serviceMs,
    ...name,
    ...decisionColumns(attribution, grain.gpuId),
  };
}

/** The decision that a segment's identity rests on [FACT-003]. */
export function decisionRow(name: SessionName, segment: Segment, attributions: SegmentAttributions): DecisionRow {
  const { attribution, grain } = attributions.of(segment);
  return {
    ordinal: segment.ordinal,
    sightings: attribution.runs.map((run) => sightingJson(run, segment.cell.lastAt + SIGHTING_GRACE_MS)),
    ...name,
    ...decisionColumns(attribution, grain.gpuId),
  };
}

/** Swaps at their own instant, each for the segment it blames [LIFECYCLE-006]; one that blames none has no orchestrator. */
export function swapRows(
  name: SessionName,
  history: SessionHistory,
  attributions: SegmentAttributions,
): readonly SwapRow[] {
  const isRequested = history.facts.request !== null;
  return history.swaps.map((swap, ordinal) => ({
    ...name,
    bucketStart: new Date(sliceStartMs(swap.key.at)),
    ordinal,
    swappedAt: new Date(swap.key.at),
    grainId: swapGrain(swap, history, attributions).grainId,
    fromAddress: swap.fromAddress,
    toAddress: swap.toAddress,
    reason: swap.reason,
    reasonClass: swap.reasonClass,
    isExplicit: swap.isExplicit,
    isRequested,
    eventId: swap.isExplicit ? swap.key.id : '',
  }));
}

function swapGrain({ from }: Swap, { segments }: SessionHistory, attributions: SegmentAttributions): Grain {
  const blamed = from === null ? undefined : segments[from];
  if (blamed !== undefined) return attributions.of(blamed).grain;
  const last = segments.at(-1);
  if (last === undefined) throw new RangeError('a session with a swap has no segment, wanted at least one');
  return attributions.withoutServer(last);
}

/** The newest reading of each GPU, under public ids. */
export function gpuReadingRows(name: SessionName, { facts }: SessionHistory, naming: Naming): readonly GpuReadingRow[] {
  return keptGpuReadings(facts.gpuReadings).map(
    ({ uuid, at, eventId, gpuModel, memoryBytes, cudaVersion, utilisationMicro }) => ({
      ...name,
      gpuId: naming.publicGpuId(uuid),
      readAt: new Date(at),
      eventId,
      gpuModel,
      memoryBytes,
      cudaVersion,
      utilisation: utilisationMicro === null ? null : formatMicro(BigInt(utilisationMicro)),
    }),
  );
}

function decisionColumns(attribution: Attribution, gpuId: string) {
  const { outcome, method, reason, confidence, orchestratorAddress, pipeline, model } = attribution;
  return { outcome, method, reason, confidence, orchestratorAddress, pipeline, model, gpuId };
}

/** A run as a decision cites it. Later sightings of the same content confirm a decision, so they do not change its row. */
export function sightingJson(run: CapabilityRun, knownMs: number): SightingJson {
  return {
    address: run.address,
    uri: run.uri,
    first_at: instant(run.firstAt),
    last_at: instant(Math.min(run.lastAt, knownMs)),
    content_hash: run.contentHash,
    event_id: run.firstEventId,
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
