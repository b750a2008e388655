import { DIMENSIONS, type Dimension } from '../domain/dimensions.js';
import type { PartCredit } from '../domain/part-credit.js';
import { jitterOf, latencyPercentilesOf, type SlaInputs, type SlaPart } from '../domain/sla-inputs.js';
import { utcDay } from '../domain/time.js';
import type { GrainValues, RollupQuery } from '../warehouse/readers/grain.js';
import { type RollupRow, readService, type ServiceSums } from '../warehouse/readers/rollup-reader.js';
import { readInputsAsOf } from '../warehouse/readers/score-reader.js';
import type { ApiContext } from './context.js';
import { groupText } from './grouping.js';
import { type Metric, metric } from './metric.js';
import { BUCKET_MS } from './range.js';

export type { PartCredit, SlaInputs };

/** No answer lists more parts; whoever has more asks for fewer days, pipelines or models. */
export const MAX_PARTS = 1_500;

/** What a part measured, with its unit and samples. */
export function measuredOf({ measured, unit, sampleCount }: PartCredit): Metric {
  return metric(unit, measured, sampleCount);
}

/** Population σ of fps over its mean; null under 6 samples. */
export function fpsJitterOf(inputs: SlaInputs): number | null {
  return jitterOf(inputs);
}

/** A percentile of the latencies in the sums, ms; null without samples. */
export function latencyMsOf(inputs: SlaInputs, kind: 'ptff' | 'e2e', quantile: number): number | null {
  return latencyPercentilesOf(inputs, kind, [quantile])[0] ?? null;
}

/** What a score is computed from: the parts that have a benchmark or a target of their own. */
export type PartsRow = RollupRow<readonly SlaPart[]>;

/** Dimensions that parts are told apart by whatever is asked: latency is judged by pipeline and model. */
const PART_DIMENSIONS: readonly Dimension[] = ['PIPELINE', 'MODEL'];

/** Whether a stored bucket of a group is scored at all; absent: all are. */
export type IsScored = (bucketMs: number, grain: GrainValues) => boolean;

/** Parts of scores at the asked grain from the service rollups: open buckets and unscored ones too. */
export async function readParts(
  db: ApiContext['db'],
  query: RollupQuery,
  isScored?: IsScored,
): Promise<readonly PartsRow[]> {
  const groupBy = DIMENSIONS.filter(
    (dimension) => query.groupBy.includes(dimension) || PART_DIMENSIONS.includes(dimension),
  );
  const rows = await readService(db, { ...query, groupBy, ...stepOf(query, isScored) });
  return collect(
    query,
    rows.map(({ atMs, grain, sums }) => ({ bucketMs: atMs ?? query.range.startMs, grain, inputs: slaInputs(sums) })),
    isScored,
  );
}

/** Days are summed as days unless some of their hours count and others do not. */
function stepOf({ step, bucket }: RollupQuery, isScored?: IsScored): Pick<RollupQuery, 'step' | 'bucket'> {
  if (isScored === undefined) return { step: step === 'range' ? 'day' : step, bucket };
  return { step: 'bucket', bucket: bucket === 'DAY_1' ? 'HOUR_1' : bucket };
}

/** The same from stored results, as they were known at an instant. */
export async function readPartsAsOf(
  db: ApiContext['db'],
  query: RollupQuery,
  asOfMs: number,
  isScored?: IsScored,
): Promise<readonly PartsRow[]> {
  return collect(query, await readInputsAsOf(db, query, asOfMs), isScored);
}

/** What is not scored makes its group known and counts for nothing. */
function collect(
  { groupBy, step, bucket }: RollupQuery,
  rows: readonly { readonly bucketMs: number; readonly grain: GrainValues; readonly inputs: SlaInputs }[],
  isScored?: IsScored,
): readonly PartsRow[] {
  interface OpenGroup {
    readonly atMs: number | null;
    readonly grain: GrainValues;
    readonly sums: SlaPart[];
  }
  const groups = new Map<string, OpenGroup>();
  for (const { bucketMs, grain, inputs } of rows) {
    const atMs = step === 'range' ? null : Math.floor(bucketMs / BUCKET_MS[bucket]) * BUCKET_MS[bucket];
    const kept = Object.fromEntries(groupBy.map((dimension) => [dimension, grain[dimension] ?? '']));
    const text = `${atMs}|${groupText(groupBy, kept)}`;
    const group: OpenGroup = groups.get(text) ?? { atMs, grain: kept, sums: [] };
    groups.set(text, group);
    if (isScored !== undefined && !isScored(bucketMs, kept)) continue;
    group.sums.push({
      pipeline: grain.PIPELINE ?? '',
      model: grain.MODEL ?? '',
      day: utcDay(bucketMs),
      inputs,
    });
  }
  return [...groups.values()];
}

/** The sums that a score takes from those of service. */
export function slaInputs({ sessions, samples, fpsSum, fpsSquareSum, latencies }: ServiceSums): SlaInputs {
  return {
    requestedCount: sessions.requested,
    startupSuccessCount: sessions.startupSuccess,
    swappedExplicitCount: sessions.swappedExplicit,
    swappedCount: sessions.swapped,
    outputFailedCount: sessions.outputFailed,
    effectiveFailedCount: sessions.effectiveFailed,
    healthExpectedCount: samples.healthExpected,
    healthObservedCount: samples.healthObserved,
    legacyHealthObservedCount: samples.legacyHealthObserved,
    fpsSampleCount: samples.fpsSample,
    fpsSum,
    fpsSquareSum,
    ptffSampleCount: latencies.ptff.sampleCount,
    ptffMsSum: latencies.ptff.msSum,
    ptffMsHistogram: latencies.ptff.histogram,
    e2eSampleCount: latencies.e2e.sampleCount,
    e2eMsSum: latencies.e2e.msSum,
    e2eMsHistogram: latencies.e2e.histogram,
  };
}
