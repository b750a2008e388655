import type { ClientBase, Pool } from 'pg';
import { SHARD_COUNT } from '../domain/shard.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { createCapabilityReader } from '../warehouse/readers/capability-reader.js';
import { createGrainStore } from '../warehouse/stores/grain-store.js';
import { askForRetries, countParked } from '../warehouse/stores/parked-session-store.js';
import { lockDirtyShards, takeMarks } from '../warehouse/stores/session-mark-store.js';
import { createSliceWriter } from '../warehouse/stores/session-slice-store.js';
import { createSessionStore } from '../warehouse/stores/session-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';
import { createAfterSessions } from './after-sessions.js';
import { markChangedGateways } from './changed-gateways.js';
import { gpuNaming, readNaming } from './naming.js';
import { type BatchReport, type BatchStores, type ResolvePolicy, resolveMarks } from './session-batch.js';
import { createSightingResolver, type LeftKeys } from './sighting-resolver.js';
import { TRANSACTION_SETTINGS } from './transaction-settings.js';

export interface ResolverOptions {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  /** Key of the hash behind public ids. */
  readonly publicIdKey: string;
  /** Marks one transaction takes at most: bounds its memory and how long it holds its shard. */
  readonly batchMarks?: number;
  /** Session batches of a drain after which jobs, payments and parked sessions have their turn. */
  readonly batchesPerTurn?: number;
  readonly log: Log;
}

export interface DrainOptions {
  /** When decisions that change were made. */
  readonly decidedAt: Date;
  /** Ends after the batch under way. */
  readonly signal?: AbortSignal;
  /** Loops at once, each on a connection and a shard of its own. */
  readonly concurrency?: number;
  onBatch?(report: DrainReport): void;
}

/** Sums over the batches so far. */
export interface DrainReport {
  readonly sightingCount: number;
  /** Session marks. */
  readonly markCount: number;
  readonly sessionCount: number;
  readonly eventCount: number;
  readonly sliceCount: number;
  /** Sessions that could not be resolved and are parked. */
  readonly parkedCount: number;
  /** Jobs, payments, messages and sighted keys that could not be: they stay as they were, and are marked again. */
  readonly leftCount: number;
}

export interface Resolver {
  /**
   * Resolves until no mark is left that another worker does not already hold; parked sessions whose time has come are
   * tried again. What cannot be resolved holds up nothing: a session is parked, a job or payment is left with its mark.
   */
  drain(options: DrainOptions): Promise<DrainReport>;
}

const DEFAULT_BATCH_MARKS = 2_000;
const DEFAULT_BATCHES_PER_TURN = 20;

const SHARE_RUNS = 'select pg_advisory_xact_lock_shared($1, 0)';

/** The resolver's daily work: dirty marks to rows of `core` [FACT-002]. Any number may drain at once. */
export async function createResolver(options: ResolverOptions): Promise<Resolver> {
  const { pool, publicIdKey, batchMarks = DEFAULT_BATCH_MARKS, log } = options;
  const { batchesPerTurn = DEFAULT_BATCHES_PER_TURN } = options;
  const stores: BatchStores = {
    sessions: await createSessionStore(pool),
    slices: await createSliceWriter(pool),
    grains: await createGrainStore(pool),
    capabilities: createCapabilityReader(),
  };
  const afterSessions = await createAfterSessions({
    pool,
    readPolicy: (client) => readPolicy(client, publicIdKey),
    log,
  });
  const sightings = await createSightingResolver({ pool, publicGpuId: gpuNaming(publicIdKey), log });
  let nextShard = 0;

  async function resolveShards(decidedAt: Date): Promise<BatchReport | 'busy' | null> {
    return withTransaction(pool, async (client) => {
      if (!(await sharesMode(client))) return 'busy';
      const lockClass = LOCK.sessionShard;
      const shards = await lockDirtyShards(client, { lockClass, firstShard: nextShard, markLimit: batchMarks });
      const last = shards.at(-1);
      if (last === undefined) return null;
      nextShard = (last + 1) % SHARD_COUNT;
      await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
      await client.query(TRANSACTION_SETTINGS);
      const marks = await takeMarks(client, shards, batchMarks);
      const policy = await readPolicy(client, publicIdKey);
      return resolveMarks(client, marks, { stores, policy, decidedAt, log });
    });
  }

  /** While sessions are marked faster than they are resolved a drain does not end, and nothing may wait for that. */
  function createTurns(drain: DrainOptions): Turns {
    const startedAt = performance.now();
    let batchCount = 0;
    return {
      async afterBatch() {
        batchCount += 1;
        if (batchCount % batchesPerTurn !== 0) return;
        await askForRetries(pool, new Date(drain.decidedAt.getTime() + performance.now() - startedAt));
        await markChangedGateways(pool, log);
        await afterSessions.drain({ ...drain, batchLimit: 1 });
      },
    };
  }

  async function drainLoop(
    { decidedAt, signal, onBatch }: DrainOptions,
    sum: Sum,
    { turns, left }: { readonly turns: Turns; readonly left: LeftKeys },
  ): Promise<void> {
    while (!signal?.aborted) {
      const sighted = await sightings.resolve(left);
      if (sighted === 'busy') return;
      sum.sightingCount += sighted;
      const report = await resolveShards(decidedAt);
      if (report === 'busy') return;
      if (report === null && sighted === 0) return;
      if (report !== null) {
        sum.markCount += report.markCount;
        sum.sessionCount += report.sessionCount;
        sum.eventCount += report.eventCount;
        sum.sliceCount += report.sliceCount;
        sum.parkedCount += report.parkedCount;
        onBatch?.({ ...sum });
        await turns.afterBatch();
      }
    }
  }

  return {
    async drain(drain) {
      const sum: Sum = { ...NOTHING };
      await markChangedGateways(pool, log);
      await askForRetries(pool, drain.decidedAt);
      const turns = createTurns(drain);
      const left: LeftKeys = new Map();
      const loops = Array.from({ length: drain.concurrency ?? 1 }, () => drainLoop(drain, sum, { turns, left }));
      const results = await Promise.allSettled(loops);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      sum.leftCount = left.size + (await afterSessions.drain(drain));
      // A session whose marks lay in several batches may have failed twice, or failed and then been resolved.
      if (sum.parkedCount > 0) sum.parkedCount = await countParked(pool, drain.decidedAt);
      return sum;
    },
  };
}

const NOTHING: DrainReport = {
  sightingCount: 0,
  markCount: 0,
  sessionCount: 0,
  eventCount: 0,
  sliceCount: 0,
  parkedCount: 0,
  leftCount: 0,
};
interface Turns {
  /** Counts a session batch, and gives the others their turn when it is due. */
  afterBatch(): Promise<void>;
}
type Sum = { -readonly [K in keyof DrainReport]: DrainReport[K] };

const READ_POLICY = {
  name: 'resolver/policy',
  text: `
select p.capability_max_age_seconds, f.raw_floor
from config.policy as p cross join work.floor as f`,
};

/** The configuration that resolving depends on, as it is now. */
export async function readPolicy(client: Pick<ClientBase, 'query'>, publicIdKey: string): Promise<ResolvePolicy> {
  const { rows } = await client.query<{ capability_max_age_seconds: number; raw_floor: Date }>(READ_POLICY);
  const [row] = rows;
  if (row === undefined) throw new Error('config.policy and work.floor have one row each, seen none');
  return {
    capabilityMaxAgeMs: row.capability_max_age_seconds * 1000,
    rawFloorMs: row.raw_floor.getTime(),
    naming: await readNaming(client, publicIdKey),
  };
}
