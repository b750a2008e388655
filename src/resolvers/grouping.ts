import {
  DIMENSIONS,
  type Dimension,
  type Facet,
  GROUP_KEYS,
  type GroupKey,
  type SyntheticChoice,
} from '../domain/dimensions.js';
import { AppError } from '../errors.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import type { GrainFilter, GrainValues, Selection, Span } from '../warehouse/readers/grain.js';
import type { CursorKey } from './cursor.js';

export type { Facet, GrainValues, GroupKey, SyntheticChoice };
export { DIMENSIONS, GROUP_KEYS };

/** Whether a slice has a known GPU [AGGREGATE-003]. */
export type GpuIdentityStatus = 'RESOLVED' | 'HARDWARE_UNRESOLVED';

/** Arguments shared by every field that answers from rollups. */
export interface GroupingArgs {
  readonly groupBy?: readonly GroupKey[] | null | undefined;
  readonly where?: GrainFilterInput | null | undefined;
  readonly synthetic?: SyntheticChoice | null | undefined;
}

/** Filter as callers write it; each list keeps rows whose value is in it. */
export interface GrainFilterInput {
  readonly orgs?: readonly string[] | null | undefined;
  readonly orchestrators?: readonly string[] | null | undefined;
  readonly gateways?: readonly string[] | null | undefined;
  readonly pipelines?: readonly string[] | null | undefined;
  readonly models?: readonly string[] | null | undefined;
  readonly gpus?: readonly string[] | null | undefined;
  readonly regions?: readonly string[] | null | undefined;
  readonly isHardwareBacked?: boolean | null | undefined;
}

export interface Grouping extends Selection {
  readonly groupBy: readonly GroupKey[];
}

/** What a field can be asked to tell apart and to keep. */
export interface GroupingOffer {
  /** As callers know it. */
  readonly field: string;
  readonly keys: readonly GroupKey[];
  /** What is told apart when nobody says; nothing where absent. */
  readonly groupByUnasked?: readonly GroupKey[];
  /** Stored words kept of what is no dimension. */
  readonly wanted?: Readonly<Partial<Record<Facet, readonly string[]>>>;
}

const MAX_FILTER_VALUES = 100;

/**
 * Checks and orders the grouping arguments. Fails with INVALID_ARGUMENT, and with UNSUPPORTED_DIMENSION where rows have no
 * value of what is grouped or kept by: an empty answer would say that there is nothing.
 */
export function resolveGrouping(args: GroupingArgs, offer: GroupingOffer): Grouping {
  const where = args.where ?? {};
  const orchestrators = where.orchestrators?.map((address) => checkedAddress(address));
  const filter: GrainFilter = {
    wanted: {
      ...list('ORG', where.orgs),
      ...list('ORCHESTRATOR', orchestrators),
      ...list('GATEWAY', where.gateways),
      ...list('PIPELINE', where.pipelines),
      ...list('MODEL', where.models),
      ...list('GPU', where.gpus),
      ...list('REGION', where.regions),
      ...offer.wanted,
    },
    isHardwareBacked: where.isHardwareBacked ?? null,
  };
  const asked = new Set(args.groupBy ?? offer.groupByUnasked ?? []);
  checkOffered('groupBy', [...asked], offer);
  checkOffered(
    'where',
    GROUP_KEYS.filter((key) => filter.wanted[key] !== undefined),
    offer,
  );
  if (filter.isHardwareBacked !== null) checkOffered('where: { isHardwareBacked }', ['GPU'], offer);
  return {
    groupBy: GROUP_KEYS.filter((key) => asked.has(key)),
    filter,
    synthetic: args.synthetic ?? 'EXCLUDE',
  };
}

function checkOffered(argument: string, asked: readonly GroupKey[], { field, keys }: GroupingOffer): void {
  const absent = asked.filter((key) => !keys.includes(key));
  if (absent.length === 0) return;
  throw new AppError(
    'UNSUPPORTED_DIMENSION',
    `${argument} of ${field} names ${absent.join(', ')}, which its rows do not have, wanted ${keys.join(', ')}`,
  );
}

/** An orchestrator address as stored; fails with INVALID_ARGUMENT when it is not 0x and 40 hex digits. */
export function checkedAddress(text: string): string {
  return onChainAddress(text, 'orchestrator address');
}

/** An on-chain address as stored; fails with INVALID_ARGUMENT, naming the argument, when it is not 0x and 40 hex digits. */
export function onChainAddress(text: string, name: string): string {
  const address = text.toLowerCase();
  if (!/^0x[0-9a-f]{40}$/.test(address)) {
    throw new AppError('INVALID_ARGUMENT', `${name} ${JSON.stringify(text)} is not 0x and 40 hex digits`);
  }
  return address;
}

/** The group's whole key, in dimension order. */
export function groupKey(groupBy: readonly GroupKey[], grain: GrainValues): CursorKey {
  return groupBy.map((dimension) => grain[dimension] ?? '');
}

/** A text that two rows share exactly when they are of one group. */
export function groupText(groupBy: readonly GroupKey[], grain: GrainValues): string {
  return JSON.stringify(groupKey(groupBy, grain));
}

/** A filter that keeps every row of the given groups and as few others as a list per dimension can. */
export function narrowedTo(grouping: Grouping, groups: readonly GrainValues[]): GrainFilter {
  const lists = grouping.groupBy.map((dimension) => [
    dimension,
    [...new Set(groups.map((grain) => grain[dimension] ?? ''))],
  ]);
  return { ...grouping.filter, wanted: { ...grouping.filter.wanted, ...Object.fromEntries(lists) } };
}

/** The rows a number was summed over: those of its span whose dimensions are the group's [LINEAGE-002]. */
export function spanOf(
  { filter, synthetic }: Selection,
  bucket: CountedSpan['bucket'],
  range: Span,
  group: GrainValues,
): CountedSpan {
  const own = Object.fromEntries(Object.entries(group).map(([dimension, value]) => [dimension, [value]]));
  const kept = { ...filter, wanted: { ...filter.wanted, ...own } };
  return { bucket, range, synthetic, filter: kept };
}

/** Order of two keys: text by code unit, numbers by size, position by position. */
export function compareKeys(left: CursorKey, right: CursorKey): number {
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b !== undefined && a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

function list(dimension: Dimension, values: readonly string[] | null | undefined): GrainFilter['wanted'] {
  if (!values || values.length === 0) return {};
  if (values.length > MAX_FILTER_VALUES) {
    throw new AppError('INVALID_ARGUMENT', `filter lists ${values.length} values, wanted at most ${MAX_FILTER_VALUES}`);
  }
  return { [dimension]: values };
}
