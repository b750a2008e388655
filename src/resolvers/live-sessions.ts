import type { GrainFilter } from '../warehouse/readers/grain.js';
import { type OpenSessionCounts, readOpenSessions } from '../warehouse/readers/live-session-reader.js';
import type { ApiContext } from './context.js';
import { once } from './grouped-answer.js';
import {
  DIMENSIONS,
  type GrainValues,
  type GroupingArgs,
  type GroupKey,
  groupKey,
  groupText,
  resolveGrouping,
} from './grouping.js';
import { type CountedPage, wholeListPage } from './listed-page.js';
import type { PageArgs } from './page.js';
import { IDLE_AFTER_MS, LOST_AFTER_MS } from './session-state.js';

/** A lost session is counted for a day; then it is history. */
const LOST_FOR_MS = 24 * 3_600_000;
/** A gateway's clock may run ahead of ours; its sessions are live all the same. */
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

export interface LiveSessionsArgs extends GroupingArgs, PageArgs {}

/** Open sessions of one group at one instant. */
export interface LiveGroup {
  readonly groupBy: readonly GroupKey[];
  readonly grain: GrainValues;
  readonly liveCount: number;
  readonly idleCount: number;
  readonly lostCount: () => Promise<number>;
}

export interface LiveSessions extends CountedPage<LiveGroup> {
  readonly asOfMs: number;
  readonly liveCount: number;
  readonly idleCount: number;
  readonly lostCount: () => Promise<number>;
}

/**
 * What runs now, by any dimensions: sessions without a close whose last event is under 2 minutes old are live, under
 * 30 minutes idle, and under a day after that lost. Computed from the request's clock; nothing of it is stored.
 * One statement, and one more when lost sessions are asked for.
 */
export async function liveSessions(context: ApiContext, args: LiveSessionsArgs): Promise<LiveSessions> {
  const { groupBy, filter, synthetic } = resolveGrouping(args, { field: 'liveSessions', keys: DIMENSIONS });
  const { nowMs, db } = context;
  const open = await readOpenSessions(db, {
    ...{ groupBy, filter, synthetic },
    fromMs: nowMs - LOST_AFTER_MS + 1,
    recentFromMs: nowMs - IDLE_AFTER_MS + 1,
    untilMs: FAR_FUTURE_MS,
  });
  const lost = once(() =>
    readOpenSessions(db, {
      ...{ groupBy, filter, synthetic },
      fromMs: nowMs - LOST_AFTER_MS - LOST_FOR_MS + 1,
      recentFromMs: nowMs - LOST_AFTER_MS + 1,
      untilMs: nowMs - LOST_AFTER_MS + 1,
    }),
  );
  const lostByGroup = once(async () => sumsByGroup(groupBy, await lost()));
  const groups = [...sumsByGroup(groupBy, open)]
    .filter(([, sums]) => sums.recentCount + sums.otherCount > 0)
    .map(
      ([text, { grain, recentCount, otherCount }]): LiveGroup => ({
        groupBy,
        grain,
        liveCount: recentCount,
        idleCount: otherCount,
        lostCount: async () => (await lostByGroup()).get(text)?.otherCount ?? 0,
      }),
    );
  const page = wholeListPage(
    {
      field: 'liveSessions',
      filter: { groupBy, filter, synthetic },
      shape: ['number', ...groupBy.map(() => 'string' as const)],
      key: (group) => [-group.liveCount, ...groupKey(groupBy, group.grain)],
    },
    groups,
    args,
  );
  return {
    ...page,
    asOfMs: nowMs,
    liveCount: sumOf(open, 'recentCount'),
    idleCount: sumOf(open, 'otherCount'),
    lostCount: async () => sumOf(await lost(), 'otherCount'),
  };
}

function sumsByGroup(
  groupBy: readonly GroupKey[],
  rows: readonly OpenSessionCounts[],
): ReadonlyMap<string, OpenSessionCounts> {
  const groups = new Map<string, OpenSessionCounts>();
  for (const { grain, recentCount, otherCount } of rows) {
    const text = groupText(groupBy, grain);
    const before = groups.get(text);
    groups.set(text, {
      grain,
      recentCount: recentCount + (before?.recentCount ?? 0),
      otherCount: otherCount + (before?.otherCount ?? 0),
    });
  }
  return groups;
}

function sumOf(rows: readonly OpenSessionCounts[], count: 'recentCount' | 'otherCount'): number {
  return rows.reduce((sum, row) => sum + row[count], 0);
}

/** Live sessions of some dimensions' values, test traffic left out, for fields that ask beside others. */
export function readLiveNow(
  { db, nowMs }: ApiContext,
  groupBy: readonly GroupKey[],
  wanted: GrainFilter['wanted'],
): Promise<readonly OpenSessionCounts[]> {
  const fromMs = nowMs - IDLE_AFTER_MS + 1;
  return readOpenSessions(db, {
    groupBy,
    filter: { wanted, isHardwareBacked: null },
    synthetic: 'EXCLUDE',
    fromMs,
    recentFromMs: fromMs,
    untilMs: FAR_FUTURE_MS,
  });
}
