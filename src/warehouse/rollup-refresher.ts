import type { Log } from '../log.js';
import type { WarehouseEngine } from './engines/engine.js';
import type { Rollup } from './rollup-definition.js';
import { joinOverNothing, mergeBuckets } from './rollup-ranges.js';
import { inTransaction, type SqlSession } from './sql-session.js';

export interface RefreshOptions {
  /** A connection of naap_owner for this alone; it must hold REFRESH_LOCK. */
  readonly session: SqlSession;
  /** Others of naap_owner, on which further rollups are rewritten at the same time. */
  readonly helpers?: readonly SqlSession[];
  readonly engine: WarehouseEngine;
  /** All rollups, those that others are stacked on first. */
  readonly rollups: readonly Rollup[];
  /** Buckets that end by this instant are closed; open ones stay with the live union. */
  readonly asOf: Date;
  /** Refresh also what was refreshed a short while ago: draining for a test or a bootstrap. */
  readonly ignoresPace?: boolean;
  readonly signal?: AbortSignal;
  readonly log: Log;
}

export interface RefreshReport {
  /** Buckets rewritten, by rollup. */
  readonly refreshed: Readonly<Record<string, number>>;
}

/** One refresh, or one retention, at a time in a database. */
export const REFRESH_LOCK = "hashtextextended('naap.refresh', 0)";

/** Marks of one bucket, as read at the beginning. */
interface MarkedBucket {
  readonly rollup: string;
  readonly bucket_start: Date;
  readonly mark_ids: readonly string[];
}

const READ_MARKS = `
  select rollup, bucket_start, array_agg(mark_id order by mark_id) as mark_ids
  from work.bucket_mark
  group by rollup, bucket_start
  order by rollup, bucket_start`;
const READ_STATE = `
  select r.name, r.refreshed_at, f.core_floor, f.rollup_5m_floor
  from naap.rollup as r cross join work.floor as f`;
const DELETE_MARKS = 'delete from work.bucket_mark where mark_id = any($1::bigint[])';
const SAVE_PACE = 'update naap.rollup set refreshed_at = $2 where name = $1';
const MARK_SCORES = `
  insert into work.score_mark (width, bucket_start) select $1, b from unnest($2::timestamptz[]) as b`;
const MARK_BENCHMARKS = `
  insert into work.benchmark_mark (day)
  select distinct (b at time zone 'UTC')::date from unnest($1::timestamptz[]) as b`;
const REQUEST_SCORES = "select work.request_job('score-sla')";

/** Rollups whose changed buckets are scored anew, and the width of those scores. */
const SCORED = new Map([
  ['service_5m', '5m'],
  ['service_1h', '1h'],
]);
const BENCHMARKED = 'service_1h';

/**
 * Rewrites every closed bucket that has marks and deletes exactly the marks it read.
 *
 * All marks are read at one instant and a rollup goes after the one it is stacked on, so whatever a stacked rollup reads was
 * rewritten for every change its own marks tell of. A change that commits meanwhile brings marks of its own, which
 * stay. An open bucket keeps its newest mark, so the log does not grow with its events. Scores and benchmarks of
 * rewritten buckets are asked for in the transaction that deletes their marks.
 */
export async function refreshRollups(options: RefreshOptions): Promise<RefreshReport> {
  const { session, helpers = [], rollups, signal } = options;
  const { rows: marks } = await session.query<MarkedBucket>(READ_MARKS);
  const { rows: states } = await session.query<RollupState>(READ_STATE);
  const refreshed: Record<string, number> = {};
  const waiting = chainsOf(rollups);
  let hasFailed = false;
  const work = async (own: SqlSession): Promise<void> => {
    for (let chain = waiting.shift(); chain !== undefined; chain = waiting.shift()) {
      for (const rollup of chain) {
        if (signal?.aborted || hasFailed) return;
        const state = states.find(({ name }) => name === rollup.name);
        const buckets = marks.filter((mark) => mark.rollup === rollup.name);
        if (state === undefined || buckets.length === 0) continue;
        refreshed[rollup.name] = await refreshRollup({ ...options, session: own }, rollup, state, buckets);
      }
    }
  };
  const working = [session, ...helpers].map((own) =>
    work(own).catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  // all of them: a connection that still works is not to be handed back
  for (const result of await Promise.allSettled(working)) if (result.status === 'rejected') throw result.reason;
  return { refreshed };
}

/** Rollups with all that is stacked on them, in that order; no chain waits for another. */
function chainsOf(rollups: readonly Rollup[]): Rollup[][] {
  const chains: Rollup[][] = [];
  for (const rollup of rollups) {
    const below = chains.find((chain) => chain.some(({ name }) => name === rollup.parent));
    if (below === undefined) chains.push([rollup]);
    else below.push(rollup);
  }
  return chains;
}

interface RollupState {
  readonly name: string;
  readonly refreshed_at: Date | null;
  readonly core_floor: Date;
  readonly rollup_5m_floor: Date;
}

async function refreshRollup(
  { session, engine, asOf, ignoresPace = false, log }: RefreshOptions,
  rollup: Rollup,
  state: RollupState,
  buckets: readonly MarkedBucket[],
): Promise<number> {
  const startedAt = performance.now();
  const floor = rollup.floor === 'rollup_5m_floor' ? state.rollup_5m_floor : state.core_floor;
  const isBelow = (bucket: MarkedBucket) => bucket.bucket_start < floor;
  const isOpen = (bucket: MarkedBucket) => bucket.bucket_start.getTime() + rollup.bucketMs > asOf.getTime();
  const tooSoon =
    !ignoresPace && state.refreshed_at !== null && asOf.getTime() - state.refreshed_at.getTime() < rollup.everyMs;
  const closed = tooSoon ? [] : buckets.filter((bucket) => !isBelow(bucket) && !isOpen(bucket));
  const spent = [
    ...closed.flatMap((bucket) => bucket.mark_ids),
    ...buckets.filter(isBelow).flatMap((bucket) => bucket.mark_ids),
    ...buckets.filter((bucket) => !isBelow(bucket) && isOpen(bucket)).flatMap((bucket) => bucket.mark_ids.slice(0, -1)),
  ];
  const starts = closed.map((bucket) => bucket.bucket_start);
  const settle = async () => {
    await session.query(DELETE_MARKS, [spent]);
    if (starts.length === 0) return;
    await session.query(SAVE_PACE, [rollup.name, asOf]);
    await askForScores(session, rollup.name, starts);
  };
  if (starts.length > 0) {
    const ranges = await joinOverNothing(session, rollup, mergeBuckets(starts, rollup.bucketMs));
    await engine.refreshRollup(session, rollup, ranges, settle);
    const ms = Math.round(performance.now() - startedAt);
    log.info({ rollup: rollup.name, buckets: starts.length, ranges: ranges.length, ms }, 'rollup refreshed');
  } else if (spent.length > 0) {
    await inTransaction(session, settle);
  }
  return starts.length;
}

async function askForScores(session: SqlSession, rollup: string, bucketStarts: readonly Date[]): Promise<void> {
  const width = SCORED.get(rollup);
  if (width === undefined) return;
  await session.query(MARK_SCORES, [width, bucketStarts]);
  if (rollup === BENCHMARKED) await session.query(MARK_BENCHMARKS, [bucketStarts]);
  await session.query(REQUEST_SCORES);
}
