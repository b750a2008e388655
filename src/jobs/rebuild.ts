import type { ClientBase, Pool, PoolClient } from 'pg';
import { buildCapabilityIndex, type CapabilityIndex } from '../domain/capability-index.js';
import type { SessionEvent } from '../domain/event.js';
import { foldEvents } from '../domain/fold.js';
import { resolveSession } from '../domain/session-rows.js';
import { sliceStartMs } from '../domain/time.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { type SessionEvents, streamSessionEvents } from '../warehouse/readers/session-event-stream.js';
import { createCapabilityReadingStore } from '../warehouse/stores/capability-reading-store.js';
import { createCapabilityReader, rebuildAllRuns } from '../warehouse/stores/capability-run-store.js';
import type { StoredSlice } from '../warehouse/stores/session-slice-store.js';
import { createRebuildWriter } from '../warehouse/writers/session-rebuild-writer.js';
import { LOCK } from './advisory-locks.js';
import { gpuNaming } from './naming.js';
import { progressOf } from './progress.js';
import { readPolicy } from './resolver.js';
import { markBuckets, type ResolvePolicy } from './session-batch.js';

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
}

const RESOLVED_TABLES = [
  'core.session',
  'core.segment',
  'core.swap',
  'core.session_start',
  'core.session_bucket_5m',
  'core.session_bucket_1h',
  'core.session_slice',
  'core.session_identity',
] as const;
const SOURCES = {
  sessionStart: 'session_start',
  sessionBucket5m: 'session_bucket_5m',
  sessionBucket1h: 'session_bucket_1h',
} as const;

/**
 * Makes `core` anew from all facts, in one transaction: readers see the old rows or the new ones, and a crash leaves
 * the old. Identical to what the tail would have made, at COPY's speed.
 *
 * Alone: tail batches stay away until it ends. Marks are taken before the facts are read, so whatever is committed
 * meanwhile keeps its mark for the tail. Sessions that began before the raw floor stay as they are stored: their early
 * events are gone.
 */
export async function rebuild({ ownerPool, publicIdKey, decidedAt, log }: RebuildOptions): Promise<RebuildReport> {
  const report = await withTransaction(ownerPool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.resolverMode]);
    await client.query('select pg_advisory_xact_lock($1, 0)', [LOCK.capabilityRuns]);
    const policy = await readPolicy(client, publicIdKey);
    const hasFrozen = await findFrozen(client, policy);
    await takeAllMarks(client, policy, hasFrozen);
    await rebuildAllRuns(client);
    await (await createCapabilityReadingStore(client, gpuNaming(publicIdKey))).rebuild(client);
    const capabilities = buildCapabilityIndex(await createCapabilityReader().readAllRuns(client));
    const before = await readBuckets(client);
    await clear(client, policy, hasFrozen);
    const counts = await stream(ownerPool, client, { policy, hasFrozen, capabilities, decidedAt, log });
    const after = await readBuckets(client);
    await markBuckets(client, {
      sessionStart: union(before.sessionStart, after.sessionStart),
      sessionBucket5m: union(before.sessionBucket5m, after.sessionBucket5m),
      sessionBucket1h: union(before.sessionBucket1h, after.sessionBucket1h),
    });
    await client.query('select work.request_resolve()');
    return counts;
  });
  await ownerPool.query(`analyze ${[...RESOLVED_TABLES, 'core.capability_run', 'core.grain'].join(', ')}`);
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
): Promise<RebuildReport> {
  const rawFloor = new Date(policy.rawFloorMs);
  const writer = await createRebuildWriter(writerClient);
  return withReader(ownerPool, async (reader) => {
    const total = await reader.query<{ count: string }>(
      'select count(*) from fact.session_event where event_at >= $1',
      [rawFloor],
    );
    const progress = progressOf({ log, message: 'rebuilding', total: Number(total.rows[0]?.count ?? 0) });
    let sessionCount = 0;
    const eventCount = await streamSessionEvents(reader, {
      rawFloor,
      skipsFrozen: hasFrozen,
      onSession(session) {
        sessionCount += 1;
        progress.add(session.events.length, { sessions: sessionCount });
        const slices = foldSlices(session);
        const { org, sessionKey } = session;
        const resolved = resolveSession({
          org,
          sessionKey,
          prefix: null,
          slices,
          dirtyFromMs: null,
          capabilities,
          policy: { capabilityMaxAgeMs: policy.capabilityMaxAgeMs },
          naming: policy.naming,
        });
        return writer.add(resolved, slices);
      },
    });
    await writer.finish(decidedAt);
    progress.finish({ sessions: sessionCount });
    return { sessionCount, eventCount };
  });
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

function foldSlices({ org, sessionKey, events }: SessionEvents): StoredSlice[] {
  const bySlice = new Map<number, SessionEvent[]>();
  for (const event of events) {
    const startMs = sliceStartMs(event.eventAtMs);
    const slice = bySlice.get(startMs);
    if (slice === undefined) bySlice.set(startMs, [event]);
    else slice.push(event);
  }
  return [...bySlice]
    .sort(([a], [b]) => a - b)
    .map(([startMs, slice]) => ({ org, sessionKey, startMs, fold: foldEvents(slice) }));
}

async function findFrozen(client: ClientBase, { rawFloorMs }: ResolvePolicy): Promise<boolean> {
  const { rows } = await client.query<{ has_frozen: boolean }>(
    'select exists (select from core.session where first_seen_at < $1) as has_frozen',
    [new Date(rawFloorMs)],
  );
  return rows[0]?.has_frozen === true;
}

const IS_FROZEN = (alias: string) => `exists (
  select from core.session as frozen
  where frozen.org = ${alias}.org and frozen.session_key = ${alias}.session_key and frozen.first_seen_at < $1
)`;

async function takeAllMarks(client: ClientBase, { rawFloorMs }: ResolvePolicy, hasFrozen: boolean): Promise<void> {
  await client.query('delete from work.sighting_mark');
  if (hasFrozen)
    await client.query(`delete from work.session_mark as m where not ${IS_FROZEN('m')}`, [new Date(rawFloorMs)]);
  else await client.query('delete from work.session_mark');
}

async function clear(client: ClientBase, { rawFloorMs }: ResolvePolicy, hasFrozen: boolean): Promise<void> {
  if (!hasFrozen) {
    await client.query(`truncate ${RESOLVED_TABLES.join(', ')}`);
    return;
  }
  for (const table of RESOLVED_TABLES.filter((name) => name !== 'core.session')) {
    await client.query(`delete from ${table} as t where not ${IS_FROZEN('t')}`, [new Date(rawFloorMs)]);
  }
  await client.query('delete from core.session where first_seen_at >= $1', [new Date(rawFloorMs)]);
}

type Buckets = Parameters<typeof markBuckets>[1];

async function readBuckets(client: ClientBase): Promise<Buckets> {
  const read = async (table: string): Promise<Date[]> => {
    const { rows } = await client.query<{ bucket_start: Date }>(`select distinct bucket_start from core.${table}`);
    return rows.map((row) => row.bucket_start);
  };
  return {
    sessionStart: await read(SOURCES.sessionStart),
    sessionBucket5m: await read(SOURCES.sessionBucket5m),
    sessionBucket1h: await read(SOURCES.sessionBucket1h),
  };
}

function union(a: readonly Date[], b: readonly Date[]): Date[] {
  return [...new Set([...a, ...b].map((date) => date.getTime()))].map((ms) => new Date(ms));
}
