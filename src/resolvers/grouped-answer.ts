import type { GroupKey } from '../domain/dimensions.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import type { GrainValues, RollupQuery, Span } from '../warehouse/readers/grain.js';
import type { RollupRow } from '../warehouse/readers/rollup-reader.js';
import type { ApiContext } from './context.js';
import { type CursorKey, listFingerprint } from './cursor.js';
import {
  compareKeys,
  type Grouping,
  type GroupingArgs,
  type GroupingOffer,
  groupKey,
  groupText,
  narrowedTo,
  resolveGrouping,
  spanOf,
} from './grouping.js';
import { isKept, keptRange, type RangeOffer } from './kept-range.js';
import { type Page, type PageArgs, type PageKey, pageOf, pageRequest, slicePage } from './page.js';
import { BUCKET_MS, bucketStarts, previousRange, type RangeRequest, type UsedRange } from './range.js';

export interface GroupedArgs extends GroupingArgs, PageArgs, RangeRequest {}

/** Sums of one bucket; `sums` is null when nothing was recorded in it. */
export interface Point<Sums> {
  readonly startMs: number;
  readonly sums: Sums | null;
}

/** A bucket with the way back to the sessions in it [LINEAGE-002]. */
export interface CountedPoint<Sums> extends Point<Sums> {
  readonly counted: CountedSpan;
}

export interface Group<Sums> {
  readonly groupBy: readonly GroupKey[];
  readonly grain: GrainValues;
  readonly sums: Sums;
  /** The rows that were summed. */
  readonly counted: CountedSpan;
  /** Every bucket of the range in order. All groups of a page share one statement. */
  readonly points: () => Promise<readonly CountedPoint<Sums>[]>;
  /** Sums of the same group over the range before; null when nothing was recorded, or not all of it is kept. */
  readonly previous: () => Promise<Sums | null>;
}

/** A page of groups with the sums of everything selected, grouped or not. */
export interface GroupedAnswer<Sums> extends Page<Group<Sums>> {
  readonly range: UsedRange;
  readonly previousRange: UsedRange;
  readonly totalCount: number;
  readonly total: () => Promise<Sums | null>;
  /** null as `previous` of a group. */
  readonly previousTotal: () => Promise<Sums | null>;
  readonly points: () => Promise<readonly CountedPoint<Sums>[]>;
  /** The rows summed over all groups. */
  readonly counted: CountedSpan;
}

/** How one kind of rollup is read and ordered, and what its rows can be told apart by. */
export interface GroupedSource<Sums> extends GroupingOffer, RangeOffer {
  /** What else belongs to the question that a cursor is bound to. */
  readonly boundTo?: Readonly<Record<string, string | number | null>>;
  readonly read: (db: ApiContext['db'], query: RollupQuery) => Promise<readonly RollupRow<Sums>[]>;
  /** Larger comes first; ties are broken by the group's key. */
  readonly weight: (sums: Sums) => number;
}

/** A group without its series and its previous window. */
export type GroupSums<Sums> = Pick<Group<Sums>, 'grain' | 'sums'>;

/** A grouped question with its arguments checked. */
async function openQuestion<Sums>(context: ApiContext, source: GroupedSource<Sums>, args: GroupedArgs) {
  const range = await keptRange(context, args, source);
  const grouping = resolveGrouping(args, source);
  const key = pageKey(source, grouping, args);
  const read = (step: RollupQuery['step'], over: UsedRange, groupBy: readonly GroupKey[], filter = grouping.filter) =>
    source.read(context.db, {
      bucket: range.bucket,
      range: over,
      step,
      groupBy,
      filter,
      synthetic: grouping.synthetic,
      nowMs: context.nowMs,
    });
  const groups = async (): Promise<readonly GroupSums<Sums>[]> => {
    const rows = await read('range', range, grouping.groupBy);
    return rows.map(({ grain, sums }) => ({ grain, sums })).sort((a, b) => compareKeys(key.of(a), key.of(b)));
  };
  return { range, grouping, key, read, groups };
}

/** Every group in list order, for answers that come without pages: one statement. */
export async function allGroups<Sums>(
  context: ApiContext,
  source: GroupedSource<Sums>,
  args: Omit<GroupedArgs, keyof PageArgs>,
): Promise<{ readonly range: UsedRange; readonly groups: readonly GroupSums<Sums>[] }> {
  const { range, groups } = await openQuestion(context, source, args);
  return { range, groups: await groups() };
}

/** A grouped question with its arguments checked, to be read by bucket over spans of its range. */
export async function openBuckets<Sums>(
  context: ApiContext,
  source: GroupedSource<Sums>,
  args: Omit<GroupedArgs, keyof PageArgs>,
) {
  const { range, grouping, read } = await openQuestion(context, source, args);
  return { range, grouping, read: (span: Span) => read('bucket', { ...range, ...span }, grouping.groupBy) };
}

/** The sums of everything selected; null when nothing was recorded. One statement. */
export async function totalOf<Sums>(
  context: ApiContext,
  source: GroupedSource<Sums>,
  args: Omit<GroupedArgs, keyof PageArgs | 'groupBy'>,
): Promise<Sums | null> {
  const { groups } = await allGroups(context, source, args);
  return groups[0]?.sums ?? null;
}

/** Answers a grouped question: three statements at most for a page, whatever the number of groups. */
export async function answerGrouped<Sums>(
  context: ApiContext,
  source: GroupedSource<Sums>,
  args: GroupedArgs,
): Promise<GroupedAnswer<Sums>> {
  const { range, grouping, key, read, groups: readGroups } = await openQuestion(context, source, args);
  const request = pageRequest(args, key);
  const before = previousRange(range);
  const groups = await readGroups();
  const page = slicePage(groups, request, (group, cursor) => compareKeys(key.of(group), cursor));

  const onPage = (): ReturnType<typeof narrowedTo> =>
    narrowedTo(
      grouping,
      page.map(({ grain }) => grain),
    );
  const pointRows = once(() => read('bucket', range, grouping.groupBy, onPage()));
  // a part of it would look like a change
  const readPrevious: typeof read = async (...question) =>
    (await isKept(context, before, source)) ? read(...question) : [];
  const previousRows = once(() => readPrevious('range', before, grouping.groupBy, onPage()));
  const pointsByGroup = once(async () => groupRows(grouping.groupBy, await pointRows()));
  const previousByGroup = once(async () => groupRows(grouping.groupBy, await previousRows()));

  const withLazyParts = page.map(({ grain, sums }): Group<Sums> => {
    const text = groupText(grouping.groupBy, grain);
    return {
      groupBy: grouping.groupBy,
      grain,
      sums,
      counted: spanOf(grouping, range.bucket, range, grain),
      points: async () => countedPoints(grouping, range, grain, (await pointsByGroup()).get(text) ?? []),
      previous: async () => (await previousByGroup()).get(text)?.[0]?.sums ?? null,
    };
  });
  return {
    ...pageOf(withLazyParts, request, key),
    range,
    previousRange: before,
    totalCount: groups.length,
    total: once(async () => (await read('range', range, []))[0]?.sums ?? null),
    previousTotal: once(async () => (await readPrevious('range', before, []))[0]?.sums ?? null),
    points: once(async () => countedPoints(grouping, range, {}, await read('bucket', range, []))),
    counted: spanOf(grouping, range.bucket, range, {}),
  };
}

/** One point per bucket of the range, in order, empty ones too. */
export function fillBuckets<Sums>(
  range: UsedRange,
  rows: readonly Pick<RollupRow<Sums>, 'atMs' | 'sums'>[],
): readonly Point<Sums>[] {
  const byStart = new Map(rows.map(({ atMs, sums }) => [atMs, sums]));
  return bucketStarts(range).map((startMs) => ({ startMs, sums: byStart.get(startMs) ?? null }));
}

function countedPoints<Sums>(
  grouping: Grouping,
  range: UsedRange,
  grain: GrainValues,
  rows: readonly RollupRow<Sums>[],
): readonly CountedPoint<Sums>[] {
  const width = BUCKET_MS[range.bucket];
  return fillBuckets(range, rows).map((point) => {
    const span = { startMs: point.startMs, endMs: point.startMs + width };
    return { ...point, counted: spanOf(grouping, range.bucket, span, grain) };
  });
}

/** Runs an asynchronous function at most once and shares its result. */
export function once<Value>(run: () => Promise<Value>): () => Promise<Value> {
  let result: Promise<Value> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}

function pageKey<Sums>(
  source: GroupedSource<Sums>,
  grouping: Grouping,
  { range, bucket }: RangeRequest,
): PageKey<{ grain: GrainValues; sums: Sums }> {
  return {
    fingerprint: listFingerprint(source.field, {
      ...{ grouping, range: range ?? null, bucket: bucket ?? null },
      ...source.boundTo,
    }),
    shape: ['number', ...grouping.groupBy.map(() => 'string' as const)],
    of: ({ grain, sums }): CursorKey => [-source.weight(sums), ...groupKey(grouping.groupBy, grain)],
  };
}

function groupRows<Sums>(
  groupBy: readonly GroupKey[],
  rows: readonly RollupRow<Sums>[],
): ReadonlyMap<string, readonly RollupRow<Sums>[]> {
  const groups = new Map<string, RollupRow<Sums>[]>();
  for (const row of rows) {
    const text = groupText(groupBy, row.grain);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [row]);
    else group.push(row);
  }
  return groups;
}
