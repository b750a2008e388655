import type { SyntheticChoice } from '../domain/dimensions.js';
import { AppError } from '../errors.js';
import {
  type RollupRow,
  readDemand,
  SESSION_COUNTERS,
  type SessionCounts,
} from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import type { CountedSpan } from './contributions.js';
import { DEMAND } from './demand.js';
import { type GrainValues, spanOf } from './grouping.js';
import { keptRange } from './kept-range.js';
import { type Metric, ratioMetric } from './metric.js';
import { MAX_PAGE_SIZE } from './page.js';
import type { RangeRequest, UsedRange } from './range.js';

const DEFAULT_ORCHESTRATORS = 10;

export interface GatewayDemandArgs extends RangeRequest {
  readonly synthetic?: SyntheticChoice | null | undefined;
}

/** A gateway's name within its organisation. */
export interface GatewayName {
  readonly org: string;
  readonly gateway: string;
}

/** What one orchestrator took of a gateway's demand. */
export interface GatewayOrchestrator {
  readonly address: string;
  readonly sums: SessionCounts;
  readonly counted: CountedSpan;
  /** Its part of the sessions that an orchestrator is safely known of. */
  readonly share: Metric;
}

/** Whole sessions of one gateway, each in the bucket of its start. */
export interface GatewayDemand {
  readonly range: UsedRange;
  /** null when nothing was recorded. */
  readonly sums: SessionCounts | null;
  /** The rows that were summed [LINEAGE-002]. */
  readonly counted: CountedSpan;
  /** Orchestrators used, most sessions first. */
  readonly orchestrators: readonly GatewayOrchestrator[];
}

/** Requested sessions that became playable. */
export function servedCount(sums: SessionCounts): number {
  return sums.startupSuccess;
}

/** Requested sessions that did not: no orchestrator, excused or not. */
export function unservedCount(sums: SessionCounts): number {
  return sums.requested - sums.startupSuccess;
}

/** The orchestrators that took most of the demand; fails with INVALID_ARGUMENT unless `first` is 1 to 100. */
export function topOrchestrators(
  { orchestrators }: GatewayDemand,
  first: number | null | undefined,
): readonly GatewayOrchestrator[] {
  const count = first ?? DEFAULT_ORCHESTRATORS;
  if (!(count >= 1 && count <= MAX_PAGE_SIZE)) {
    throw new AppError('INVALID_ARGUMENT', `first is ${count}, wanted 1 to ${MAX_PAGE_SIZE}`);
  }
  return orchestrators.slice(0, count);
}

/** Demand of many gateways in one statement, in their order. */
export async function gatewayDemand(
  context: ApiContext,
  gateways: readonly GatewayName[],
  args: GatewayDemandArgs,
): Promise<readonly GatewayDemand[]> {
  const range = await keptRange(context, args, DEMAND);
  const names = [...new Set(gateways.map(({ gateway }) => gateway))];
  const rows = await readDemand(context.db, {
    bucket: range.bucket,
    range,
    step: 'range',
    groupBy: ['ORG', 'ORCHESTRATOR', 'GATEWAY'],
    filter: { wanted: { GATEWAY: names }, isHardwareBacked: null },
    synthetic: args.synthetic ?? 'EXCLUDE',
    nowMs: context.nowMs,
  });
  const selection = { filter: { wanted: {}, isHardwareBacked: null }, synthetic: args.synthetic ?? 'EXCLUDE' };
  return gateways.map(({ org, gateway }) => {
    const countedOf = (grain: GrainValues): CountedSpan =>
      spanOf(selection, range.bucket, range, { ...grain, ORG: org, GATEWAY: gateway });
    const own = rows.filter(({ grain }) => grain.ORG === org && grain.GATEWAY === gateway);
    return { range, sums: sumCounts(own), counted: countedOf({}), orchestrators: orchestratorsOf(own, countedOf) };
  });
}

function orchestratorsOf(
  rows: readonly RollupRow<SessionCounts>[],
  countedOf: (grain: GrainValues) => CountedSpan,
): readonly GatewayOrchestrator[] {
  const known = rows.flatMap(({ grain, sums }) => (grain.ORCHESTRATOR ? [{ address: grain.ORCHESTRATOR, sums }] : []));
  const all = known.reduce((sum, { sums }) => sum + sums.known, 0);
  return known
    .map(({ address, sums }) => {
      return { address, sums, counted: countedOf({ ORCHESTRATOR: address }), share: ratioMetric(sums.known, all) };
    })
    .sort((a, b) => b.sums.known - a.sums.known || (a.address < b.address ? -1 : 1));
}

function sumCounts(rows: readonly RollupRow<SessionCounts>[]): SessionCounts | null {
  const [first, ...rest] = rows;
  if (first === undefined) return null;
  return rest.reduce((sum, { sums }) => addCounts(sum, sums), first.sums);
}

function addCounts(a: SessionCounts, b: SessionCounts): SessionCounts {
  const sum: { -readonly [K in keyof SessionCounts]: number } = { ...a };
  for (const name of SESSION_COUNTERS) sum[name] = a[name] + b[name];
  return sum;
}
