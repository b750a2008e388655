import type { SyntheticChoice } from '../domain/dimensions.js';
import { AppError } from '../errors.js';
import { type NetworkNow, readNetworkNow } from '../warehouse/readers/network-now-reader.js';
import type { ApiContext } from './context.js';
import { DEMAND } from './demand.js';
import { type GroupSums, once, totalOf } from './grouped-answer.js';
import { resolveGrouping } from './grouping.js';
import { JOBS } from './jobs.js';
import { isKept, keptRange } from './kept-range.js';
import { readLiveNow } from './live-sessions.js';
import { type Metric, metric, missingMetric } from './metric.js';
import { PAYMENTS } from './payments.js';
import { previousRange, type RangeArgument, type UsedRange } from './range.js';
import { allSlaScores } from './scores.js';
import { allServiceGroups, SERVICE } from './service.js';
import { type ServiceSums, type SessionCounts, sessionRatio } from './service-figures.js';

export interface NetworkKpiArgs {
  readonly range?: RangeArgument | null | undefined;
  readonly pipelines?: readonly string[] | null | undefined;
  readonly models?: readonly string[] | null | undefined;
  readonly synthetic?: SyntheticChoice | null | undefined;
}

/** A number over the range beside the one before. */
export interface Kpi {
  readonly current: Metric;
  readonly previous: Metric;
}

export interface FeeKpi {
  readonly currentWei: string;
  /** null when not all of the range before is kept. */
  readonly previousWei: string | null;
}

/** What a network is judged by. Fields that are not asked for are not read. */
export interface NetworkKpis {
  readonly range: UsedRange;
  readonly previousRange: UsedRange;
  readonly score: () => Promise<Kpi>;
  readonly startupSuccessRatio: () => Promise<Kpi>;
  readonly effectiveSuccessRatio: () => Promise<Kpi>;
  readonly requestedSessions: () => Promise<Kpi>;
  readonly serviceMinutes: () => Promise<Kpi>;
  readonly orchestratorsObserved: () => Promise<Kpi>;
  readonly gpusObserved: () => Promise<Kpi>;
  readonly jobs: () => Promise<Kpi>;
  readonly fees: () => Promise<FeeKpi>;
  readonly now: () => Promise<NetworkNow>;
  readonly liveSessionCount: () => Promise<number>;
}

/** The change since the window before; null when either is unknown. */
export function kpiDelta({ current, previous }: Kpi): number | null {
  return current.value === null || previous.value === null ? null : current.value - previous.value;
}

/** Fees over the range before in wei; fails with RANGE_NOT_KEPT when they are not known. */
export function previousFees({ previousWei }: FeeKpi): string {
  if (previousWei !== null) return previousWei;
  throw new AppError('RANGE_NOT_KEPT', 'not all of the range before is kept, wanted a range that starts later');
}

/** The change of fees in wei, exact; negative when they fell. Fails as `previousFees`. */
export function feeDelta(fees: FeeKpi): string {
  return String(BigInt(fees.currentWei) - BigInt(previousFees(fees)));
}

/**
 * The network's numbers over one range, the same for all of them, and over the one before. Each comes from the source of
 * the field of its kind, so it is the number that `slaScores`, `networkDemand`, `serviceMetrics`, `jobMetrics` and
 * `paymentTotals` give. Sums over nothing are 0; ratios and scores of nothing are null, and so is all of a range before that
 * is not kept whole. Fails with INVALID_ARGUMENT or RANGE_NOT_KEPT.
 */
export async function networkKpis(context: ApiContext, args: NetworkKpiArgs): Promise<NetworkKpis> {
  // service and scores are of hours unless asked for, so all are: one window for all numbers
  const range = await keptRange(context, { range: args.range }, SERVICE);
  const before = previousRange(range);
  const { pipelines, models, synthetic } = args;
  resolveGrouping({ where: { pipelines, models } }, { field: 'networkKpis', keys: ['PIPELINE', 'MODEL'] });
  const over = ({ startMs, endMs, bucket }: UsedRange) => ({
    range: { start: new Date(startMs), end: new Date(endMs) },
    bucket,
    where: { pipelines, models },
    synthetic,
  });
  type Question = ReturnType<typeof over>;
  const bothOf = <Sums>(read: (question: Question) => Promise<Sums>) =>
    once(async () => {
      const readBefore = async () => ((await isKept(context, before, SERVICE)) ? read(over(before)) : undefined);
      const [current, previous] = await Promise.all([read(over(range)), readBefore()]);
      return { current, previous };
    });
  const asked = bothOf((question) => totalOf(context, DEMAND, question));
  const served = bothOf(async (question) => {
    const { groups } = await allServiceGroups(context, { ...question, groupBy: ['ORCHESTRATOR', 'GPU'] });
    return groups;
  });
  const scored = bothOf(async (question) => (await allSlaScores(context, question)).groups[0]?.sums.value ?? null);
  const jobs = bothOf((question) => totalOf(context, JOBS, question));
  const paid = bothOf((question) => totalOf(context, PAYMENTS, question));
  return {
    range,
    previousRange: before,
    score: async () => kpiOf(await scored(), (value) => value ?? missingMetric('POINTS', 'NO_DATA')),
    startupSuccessRatio: async () => kpiOf(await asked(), (sums) => ratioOf('startupSuccess', sums)),
    effectiveSuccessRatio: async () => kpiOf(await asked(), (sums) => ratioOf('effectiveSuccess', sums)),
    requestedSessions: async () => kpiOf(await asked(), (sums) => count(sums?.requested ?? 0)),
    serviceMinutes: async () => kpiOf(await served(), minutesOf),
    orchestratorsObserved: async () => kpiOf(await served(), (groups) => distinct(groups, 'ORCHESTRATOR')),
    gpusObserved: async () => kpiOf(await served(), (groups) => distinct(groups, 'GPU')),
    jobs: async () => kpiOf(await jobs(), (sums) => count(sums?.jobCount ?? 0)),
    fees: async () => {
      const { current, previous } = await paid();
      const weiOf = (sums: typeof current): string => sums?.expectedValueWei ?? '0';
      return { currentWei: weiOf(current), previousWei: previous === undefined ? null : weiOf(previous) };
    },
    now: once(() =>
      readNetworkNow(context.db, {
        pipelines: listOf(pipelines),
        models: listOf(models),
        nowMs: context.nowMs,
      }),
    ),
    liveSessionCount: async () => {
      const rows = await readLiveNow(context, [], { PIPELINE: listOf(pipelines) ?? [], MODEL: listOf(models) ?? [] });
      return rows.reduce((sum, { recentCount }) => sum + recentCount, 0);
    },
  };
}

/** `previous` is undefined when not all of its range is kept. */
type Both<Sums> = { readonly current: Sums; readonly previous: Sums | undefined };

function kpiOf<Sums>({ current, previous }: Both<Sums>, of: (sums: Sums) => Metric): Kpi {
  const now = of(current);
  return { current: now, previous: previous === undefined ? missingMetric(now.unit, 'NO_DATA') : of(previous) };
}

function count(value: number): Metric {
  return metric('COUNT', value, value);
}

function ratioOf(ratio: 'startupSuccess' | 'effectiveSuccess', sums: SessionCounts | null): Metric {
  return sums === null ? missingMetric('RATIO', 'NO_DATA') : sessionRatio(ratio, sums);
}

function minutesOf(groups: readonly GroupSums<ServiceSums>[]): Metric {
  const ms = groups.reduce((sum, { sums }) => sum + sums.serviceMsSum, 0);
  return metric(
    'MINUTES',
    ms / 60_000,
    groups.reduce((sum, { sums }) => sum + sums.samples.statusSample, 0),
  );
}

/** Known values of a dimension; the part of which it is not known counts as none. */
function distinct(groups: readonly GroupSums<ServiceSums>[], dimension: 'ORCHESTRATOR' | 'GPU'): Metric {
  return count(new Set(groups.flatMap(({ grain }) => grain[dimension] || [])).size);
}

function listOf(values: readonly string[] | null | undefined): readonly string[] | null {
  return values && values.length > 0 ? values : null;
}
