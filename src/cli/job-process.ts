import type { Pool } from 'pg';
import { benchmarksJob } from '../jobs/benchmarks.js';
import { maintenanceJob } from '../jobs/maintenance.js';
import { createPublishScoresJob } from '../jobs/publish-scores.js';
import { refreshAlone, refreshRollupsJob } from '../jobs/refresh-rollups.js';
import { createResolveJob } from '../jobs/resolve.js';
import { createResolver, type Resolver } from '../jobs/resolver.js';
import { createResolverModes, type ResolverModes } from '../jobs/resolver-modes.js';
import { type HistoryOptions, scoreHistory } from '../jobs/score-history.js';
import { drainScores, type ScoringReport, scoreSlaJob } from '../jobs/score-sla.js';
import { openScoreTopic } from '../jobs/score-topic.js';
import type { TaskDefinition } from '../jobs/task.js';
import { startWorker, type Worker } from '../jobs/worker.js';
import type { Log } from '../log.js';
import { createPool } from '../warehouse/pool.js';
import { closeAll } from './command-lifetime.js';
import type { Config } from './config.js';
import type { WarehouseConnections } from './warehouse-connections.js';

const OWNER_CONNECTIONS = 3;

/** The parts that jobs are made of, without a job queue: for `resolve`, `score` and the first minutes of `dev`. */
export interface JobParts {
  readonly resolver: Resolver;
  readonly modes: ResolverModes;
  /** Refreshes every closed bucket that is marked and scores every final one, as of an instant. */
  settle(asOf: Date, signal?: AbortSignal): Promise<void>;
  /** Recomputes the scores of a span. */
  scoreHistory(options: Omit<HistoryOptions, 'pool' | 'log'>): Promise<ScoringReport>;
  close(): Promise<void>;
}

export async function openJobParts(
  warehouse: WarehouseConnections,
  { concurrency, log }: { readonly concurrency: number; readonly log: Log },
): Promise<JobParts> {
  const pool = createPool({ url: warehouse.url('worker'), name: 'naap jobs', max: concurrency + 2, log });
  const ownerPool = createPool({ url: warehouse.url('owner'), name: 'naap jobs owner', max: OWNER_CONNECTIONS, log });
  const closers: (() => Promise<unknown>)[] = [() => pool.end(), () => ownerPool.end()];
  const settle = (asOf: Date, signal?: AbortSignal) => settleAll({ pool, ownerPool, asOf, log, signal });
  try {
    const publicIdKey = warehouse.publicIdKey();
    const resolver = await createResolver({ pool, publicIdKey, log });
    const modes = createResolverModes({
      resolver,
      pool,
      ownerPool,
      publicIdKey,
      concurrency,
      settle: () => settle(new Date()),
      log,
    });
    return {
      resolver,
      modes,
      settle,
      scoreHistory: (options) => scoreHistory({ ...options, pool, log }),
      close: () => closeAll(closers),
    };
  } catch (error) {
    await closeAll(closers).catch(() => undefined);
    throw error;
  }
}

async function settleAll({
  pool,
  ownerPool,
  asOf,
  log,
  signal,
}: {
  readonly pool: Pool;
  readonly ownerPool: Pool;
  readonly asOf: Date;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}): Promise<void> {
  await refreshAlone({ ownerPool, asOf, log, ...(signal !== undefined && { signal }) });
  await drainScores({ pool, asOf, log, ...(signal !== undefined && { signal }) });
}

/** A worker with every task, through restarts of the database. */
export async function startJobs(
  warehouse: WarehouseConnections,
  {
    concurrency,
    kafka,
    log,
  }: {
    readonly concurrency: number;
    /** Where scores are published, if its topic is named. */
    readonly kafka: Config['kafka'];
    readonly log: Log;
  },
): Promise<Worker> {
  const pool = createPool({ url: warehouse.url('worker'), name: 'naap resolver', max: concurrency + 1, log });
  try {
    const resolver = await createResolver({ pool, publicIdKey: warehouse.publicIdKey(), log });
    const worker = await startWorker({
      workerUrl: warehouse.url('worker'),
      ownerUrl: warehouse.url('owner'),
      concurrency,
      tasks: [
        createResolveJob(resolver),
        refreshRollupsJob,
        scoreSlaJob,
        benchmarksJob,
        maintenanceJob,
        ...publishing(kafka),
      ],
      log,
    });
    return { stopped: worker.stopped, stop: () => worker.stop().finally(() => pool.end()) };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function publishing(kafka: Config['kafka']): readonly TaskDefinition[] {
  if (kafka === null || kafka.scoreTopic === null) return [];
  const { brokers, scoreTopic: topic } = kafka;
  return [createPublishScoresJob(() => openScoreTopic({ brokers, topic }))];
}
