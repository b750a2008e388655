import { DIMENSIONS, type Dimension } from '../domain/dimensions.js';
import { jitterOf, type SlaInputs, type SlaPart } from '../domain/sla-inputs.js';
import type { GrainValues, RollupQuery } from '../warehouse/readers/grain.js';
import { type RollupRow, readService, type ServiceSums } from '../warehouse/readers/rollup-reader.js';
import { readInputsAsOf } from '../warehouse/readers/score-reader.js';
import type { ApiContext } from './context.js';
import { groupText } from './grouping.js';
import { BUCKET_MS } from './range.js';

export type { SlaInputs };

/** Population σ of fps over its mean; null under 6 samples. */
export function fpsJitterOf(inputs: SlaInputs): number | null {
  return jitterOf(inputs);
}

/** What a score is computed from: the parts that have a benchmark or a target of their own. */
export type PartsRow = RollupRow<readonly SlaPart[]>;

/** Dimensions that parts are told apart by whatever is asked: latency is judged by pipeline and model. */
const PART_DIMENSIONS: readonly Dimension[] = ['PIPELINE', 'MODEL'];

/** Parts of scores at the asked grain from the service rollups: open buckets and unscored ones too. */
export async function readParts(db: ApiContext['db'], query: RollupQuery): Promise<readonly PartsRow[]> {
  const groupBy = DIMENSIONS.filter(
    (dimension) => query.groupBy.includes(dimension) || PART_DIMENSIONS.includes(dimension),
  );
  const rows = await readService(db, { ...query, groupBy, step: query.step === 'range' ? 'day' : query.step });
  return collect(
    query,
    rows.map(({ atMs, grain, sums }) => ({ bucketMs: atMs ?? query.range.startMs, grain, inputs: slaInputs(sums) })),
  );
}

/** The same from stored results, as they were known at an instant. */
export async function readPartsAsOf(
  db: ApiContext['db'],
  query: RollupQuery,
  asOfMs: number,
): Promise<readonly PartsRow[]> {
  return collect(query, await readInputsAsOf(db, query, asOfMs));
}

function collect(
  { groupBy, step, bucket }: RollupQuery,
  rows: readonly { readonly bucketMs: number; readonly grain: GrainValues; readonly inputs: SlaInputs }[],
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
    group.sums.push({
      pipeline: grain.PIPELINE ?? '',
      model: grain.MODEL ?? '',
      day: new Date(bucketMs).toISOString().slice(0, 10),
      inputs,
    });
    groups.set(text, group);
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
