import type { ClientBase, Pool, PoolClient } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import { sliceStartMs } from '../domain/time.js';
import type { Log } from '../log.js';
import type { Refusal } from '../warehouse/accepted-write.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { type SessionEvents, streamSessionEvents } from '../warehouse/readers/session-event-stream.js';
import { createCapabilityReadingStore } from '../warehouse/stores/capability-reading-store.js';
import { takeGatewayMarks } from '../warehouse/stores/gateway-mark-store.js';
import type { SessionName } from '../warehouse/stores/session-store.js';
import { createRebuildWriter } from '../warehouse/writers/session-rebuild-writer.js';
import { LOCK } from './advisory-locks.js';
import { nameKey } from './dirty-session.js';
import { gpuNaming } from './naming.js';
import { progressOf } from './progress.js';
import { rebuildJobs } from './rebuild-jobs.js';
import { createRebuildLots } from './rebuild-lots.js';
import { rebuildMessages } from './rebuild-messages.js';
import { rebuildPayments } from './rebuild-payments.js';
import { rebuildRuns } from './rebuild-runs.js';
import { rebuildSession } from './rebuild-session.js';
import {
  analyzeRebuilt,
  clearTables,
  hasFrozenSessions,
  keepStoredRows,
  readBuckets,
  takeAllMarks,
  takeBack,
  union,
} from './rebuild-tables.js';
import { readPolicy } from './resolver.js';
import { markBuckets, type ResolvePolicy } from './session-batch.js';
import { attempt, type FailedSession } from './session-batch-fold.js';
import { type MarkedSessions, type Marks, parkFailed } from './session-parking.js';
import { tellUnread } from './unread-contents.js';

export interface RebuildOptions {
  /** Connections of naap_owner, two of them: one streams, one writes. */
  readonly ownerPool: Pool;
  readonly publicIdKey: string;
  readonly decidedAt: Date;
  readonly log: Log;
}

export interface RebuildReport {
  readonly sessionCount: number;
  readonly eventCount: number;
  /** Sessions that could not be resolved: they stay as they were stored, and are parked. */
  readonly parkedCount: number;
  /** Jobs, payments, messages and sighted keys that could not be: they stay as they were, and are marked again. */
  readonly leftCount: number;
}

/**
 * Makes `core` anew from all facts, in one transaction: readers see the old rows until it commits and never wait, and a
 * crash leaves the old. Identical to what the tail would have made, at COPY's speed.
 *
 * Alone: tail batches stay away until it ends. Marks are taken before the facts are read, so whatever is committed
 * meanwhile keeps its mark for the tail. Sessions that began before the raw floor stay as they are stored: their early
 * events are gone.
 */
export async function rebuild({ ownerPool, publicIdKey, decidedAt, log }: RebuildOptions): Promise<RebuildReport> {
  const report = await withTransaction(ownerPool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.resolverMode]);
    await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.capabilityRuns]);
    // before the names are read: a change after this keeps its mark for the tail
    await takeGatewayMarks(client);
    const policy = await readPolicy(client, publicIdKey);
    const rawFloor = new Date(policy.rawFloorMs);
    const hasFrozen = await hasFrozenSessions(client, rawFloor);
    await takeAllMarks(client, rawFloor, hasFrozen);
    const leftKeys = await withReader(ownerPool, (reader) => rebuildRuns(client, { reader, log }));
    const readings = await createCapabilityReadingStore(client, gpuNaming(publicIdKey));
    tellUnread(await readings.rebuild(client), log);
    const capabilities = buildCapabilityIndex(await createCapabilityReader().readAllRuns(client));
    const before = await readBuckets(client);
    await clearTables(client, rawFloor, hasFrozen);
    const counts = await stream(ownerPool, client, { policy, hasFrozen, capabilities, decidedAt, log });
    const after = await readBuckets(client);
    await markBuckets(client, {
      sessionStart: union(before.sessionStart, after.sessionStart),
      sessionBucket5m: union(before.sessionBucket5m, after.sessionBucket5m),
      sessionBucket1h: union(before.sessionBucket1h, after.sessionBucket1h),
      swap: union(before.swap, after.swap),
      sessionIngest5m: union(before.sessionIngest5m, after.sessionIngest5m),
      sessionIngest1h: union(before.sessionIngest1h, after.sessionIngest1h),
    });
    const leftCount = await withReader(ownerPool, async (reader) => {
      const part = { reader, rawFloor, log };
      const jobs = await rebuildJobs(client, { ...part, capabilities, policy, decidedAt });
      const payments = await rebuildPayments(client, { ...part, naming: policy.naming });
      return leftKeys + jobs + payments + (await rebuildMessages(client, { ...part, capabilities, policy }));
    });
    await client.query('select work.request_resolve()');
    return { ...counts, leftCount };
  });
  await analyzeRebuilt(ownerPool);
  return report;
}

async function stream(
  ownerPool: Pool,
  writerClient: ClientBase,
  {
    policy,
    hasFrozen,
    capabilities,
    decidedAt,
    log,
  }: {
    readonly policy: ResolvePolicy;
    readonly hasFrozen: boolean;
    readonly capabilities: CapabilityIndex;
    readonly decidedAt: Date;
    readonly log: Log;
  },
): Promise<Omit<RebuildReport, 'leftCount'>> {
  const rawFloor = new Date(policy.rawFloorMs);
  const writer = await createRebuildWriter(writerClient);
  return withReader(ownerPool, async (reader) => {
    const total = await reader.query<{ count: string }>(
      'select count(*) from fact.session_event where event_at >= $1',
      [rawFloor],
    );
    const progress = progressOf({ log, message: 'rebuilding', total: Number(total.rows[0]?.count ?? 0) });
    const failed: FailedSession[] = [];
    const marksOf = new Map<string, Marks>();
    const lots = createRebuildLots(writerClient, writer);
    let sessionCount = 0;
    const eventCount = await streamSessionEvents(reader, {
      rawFloor,
      skipsFrozen: hasFrozen,
      onSession(session) {
        progress.add(session.events.length, { sessions: sessionCount, parked: failed.length });
        const made = attempt(session, 'unresolvable', () => rebuildSession(session, capabilities, policy), failed);
        if (made === null) {
          marksOf.set(nameKey(session), allMarks(session, sliceStarts(session)));
          return undefined;
        }
        sessionCount += 1;
        return lots.add(made);
      },
    });
    for (const one of await lots.finish()) {
      failed.push(one);
      marksOf.set(nameKey(one), allMarks(one, one.sliceStartsMs));
      sessionCount -= 1;
    }
    tellLost(await keepStoredRows(reader, writerClient, failed), log);
    const undecided = await takeBack(writerClient, await writer.finish(decidedAt));
    tellLost(await keepStoredRows(reader, writerClient, undecided), log);
    for (const one of undecided) marksOf.set(nameKey(one), allMarks(one, one.sliceStartsMs));
    failed.push(...undecided);
    sessionCount -= undecided.length;
    const marked: MarkedSessions = { marksOf, parkedOf: new Map() };
    await parkFailed(writerClient, failed, { marked, failedAt: decidedAt, log });
    progress.finish({ sessions: sessionCount, parked: failed.length });
    return { sessionCount, eventCount, parkedCount: failed.length };
  });
}

function tellLost(lost: readonly Refusal<SessionName>[], log: Log): void {
  for (const { item, error } of lost) {
    const { org, sessionKey: session } = item;
    log.error({ err: error, org, session }, 'session lost its stored rows: the database refuses them by now');
  }
}

/** A mark for every slice of a session, and one for its attribution. */
function allMarks({ org, sessionKey }: SessionName, startsMs: Iterable<number>): Marks {
  const mark = { org, sessionKey, firstKey: null };
  return [{ ...mark, sliceStartMs: null }, ...[...startsMs].map((sliceStartMs) => ({ ...mark, sliceStartMs }))];
}

function sliceStarts({ events }: SessionEvents): ReadonlySet<number> {
  return new Set(events.map(({ eventAtMs }) => sliceStartMs(eventAtMs)));
}

async function withReader<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(`set work_mem = '128MB'; set jit = off`);
    const result = await work(client);
    await client.query('reset work_mem; reset jit');
    isBroken = false;
    return result;
  } finally {
    client.release(isBroken);
  }
}
