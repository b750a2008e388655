import { Logger, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import type { Log } from '../log.js';
import { createPool } from '../warehouse/pool.js';
import type { TaskDefinition } from './task.js';
import { createWorkerLiveness, pause, type WorkerLiveness } from './worker-liveness.js';

export interface WorkerOptions {
  readonly workerUrl: string;
  readonly ownerUrl: string;
  /** Jobs this process runs at once. */
  readonly concurrency: number;
  readonly tasks: readonly TaskDefinition[];
  readonly log: Log;
}

export interface Worker {
  /** Settles when the worker has stopped. */
  readonly stopped: Promise<void>;
  /** Takes no more jobs, tells running ones to end at their next safe point, and waits for them. */
  stop(): Promise<void>;
}

/** Connections graphile-worker needs beside the jobs': fetching and completing, listening, cron. */
const CONNECTIONS_BESIDE_JOBS = 3;
const OWNER_CONNECTIONS = 2;
const POLL_INTERVAL_MS = 1_000;
const DEAD_CHECK_INTERVAL_MS = 5_000;
const FIRST_RESTART_MS = 200;
const LONGEST_RESTART_MS = 10_000;
const RUNNER_GRACE_MS = 2_000;

/**
 * Ends of jobs go in batches, at once: one by one, graphile-worker awaits nothing, so that a connection lost at that moment
 * was an unhandled rejection, which ends the process. Of a batch it stops the runner, which starts again.
 */
const ENDS_OF_JOBS = { completeJobBatchDelay: 0, failJobBatchDelay: 0 };

/**
 * Runs the tasks until stopped, through restarts of the database.
 *
 * Without graphile-worker's local queue: jobs are few and long here, and a queue would hold back in one process what
 * another could run, and lock more when killed (docs/decisions/resolver-jobs.md).
 */
export async function startWorker({ workerUrl, ownerUrl, concurrency, tasks, log }: WorkerOptions): Promise<Worker> {
  const pool = createPool({ url: workerUrl, name: 'naap worker', max: concurrency * 2 + CONNECTIONS_BESIDE_JOBS, log });
  const ownerPool = createPool({ url: ownerUrl, name: 'naap worker owner', max: OWNER_CONNECTIONS, log });
  const stopping = new AbortController();
  const { signal } = stopping;
  const liveness = createWorkerLiveness({ url: workerUrl, log, signal });
  const taskList = taskListOf(tasks, { pool, ownerPool, log, signal });
  let runner: Runner | null = null;

  async function startRunner(): Promise<Runner> {
    await liveness.releaseDead();
    return run({
      pgPool: pool,
      concurrency,
      noHandleSignals: true,
      pollInterval: POLL_INTERVAL_MS,
      taskList,
      parsedCronItems: cronItemsOf(tasks),
      logger: loggerOf(log),
      preset: { plugins: [livenessPlugin(liveness)], worker: ENDS_OF_JOBS },
    });
  }

  async function keepRunning(first: Runner): Promise<void> {
    let waitMs = FIRST_RESTART_MS;
    let next: Runner | null = first;
    while (next !== null) {
      runner = next;
      // told to stop while this one started
      if (signal.aborted) runner.stop().catch(() => undefined);
      const startedAt = performance.now();
      await endOf(runner, concurrency).catch((error: unknown) => log.error({ err: error }, 'job runner failed'));
      await liveness.letGoAll();
      if (performance.now() - startedAt > LONGEST_RESTART_MS) waitMs = FIRST_RESTART_MS;
      next = null;
      while (next === null && !signal.aborted) {
        await pause(waitMs, signal);
        waitMs = Math.min(waitMs * 2, LONGEST_RESTART_MS);
        if (signal.aborted) break;
        log.warn('job runner starts again');
        next = await startRunner().catch((error: unknown) => {
          log.error({ err: error }, 'job runner cannot start');
          return null;
        });
      }
    }
  }

  async function closeAll(): Promise<void> {
    clearInterval(deadCheck);
    await liveness.close();
    await Promise.allSettled([pool.end(), ownerPool.end()]);
  }

  const deadCheck = setInterval(() => {
    liveness.releaseDead().catch((error: unknown) => log.warn({ err: error }, 'dead workers were not looked for'));
  }, DEAD_CHECK_INTERVAL_MS);
  deadCheck.unref();

  let firstRunner: Runner;
  try {
    firstRunner = await startRunner();
  } catch (error) {
    stopping.abort();
    await closeAll();
    throw error;
  }
  log.info({ concurrency, tasks: tasks.map((task) => task.name) }, 'worker started');
  const stopped = keepRunning(firstRunner).then(closeAll);
  return {
    stopped,
    async stop() {
      if (!signal.aborted) {
        stopping.abort();
        // A runner that is already going down refuses to be stopped; its end is awaited all the same.
        runner?.stop().catch(() => undefined);
      }
      await stopped;
    },
  };
}

/**
 * Ends with the runner, or fails soon after its last worker has stopped: when the ends of two jobs are lost at once,
 * graphile-worker counts one of them twice and waits for ever.
 */
function endOf(runner: Runner, workers: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let working = workers;
    let grace: NodeJS.Timeout | undefined;
    runner.promise.finally(() => clearTimeout(grace)).then(resolve, reject);
    runner.events.on('worker:stop', () => {
      working -= 1;
      if (working > 0) return;
      grace = setTimeout(() => reject(new Error('the workers have stopped, the runner has not')), RUNNER_GRACE_MS);
    });
  });
}

function taskListOf(
  tasks: readonly TaskDefinition[],
  shared: { readonly pool: Pool; readonly ownerPool: Pool; readonly log: Log; readonly signal: AbortSignal },
): TaskList {
  return Object.fromEntries(
    tasks.map((task) => [
      task.name,
      async (payload: unknown) => {
        const { rest, cronAt } = splitCronPayload(payload);
        const log = shared.log.child({ task: task.name });
        await task.run(rest, { ...shared, log, asOf: cronAt ?? new Date(), clock: () => new Date() });
      },
    ]),
  );
}

/** graphile-worker adds `_cron: { ts }` to the payload of a scheduled job: the tick it stands for. */
function splitCronPayload(payload: unknown): { readonly rest: unknown; readonly cronAt: Date | null } {
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return { rest: payload, cronAt: null };
  const { _cron: cron, ...rest } = payload;
  const hasTick = typeof cron === 'object' && cron !== null && 'ts' in cron && typeof cron.ts === 'string';
  return { rest, cronAt: hasTick ? new Date(String(cron.ts)) : null };
}

function cronItemsOf(tasks: readonly TaskDefinition[]): ReturnType<typeof parseCronItems> {
  return parseCronItems(
    tasks.flatMap(({ name, schedule }) =>
      schedule === null
        ? []
        : [
            {
              task: name,
              match: schedule.cron,
              identifier: name,
              options: {
                backfillPeriod: 0,
                ...(schedule.jobKey !== undefined && { jobKey: schedule.jobKey, jobKeyMode: 'replace' as const }),
              },
            },
          ],
    ),
  );
}

/** The lock is held before the worker's first fetch, so no job is ever locked by a pool that looks dead. */
function livenessPlugin(liveness: WorkerLiveness): GraphileConfig.Plugin {
  return {
    name: 'NaapWorkerLiveness',
    version: '1.0.0',
    worker: {
      hooks: {
        startWorker: (_context, { worker }) => liveness.hold(worker.workerPool.id),
      },
    },
  };
}

const LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;

function loggerOf(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const { error } = meta ?? {};
    log[LEVELS[level]]({ ...scope, ...(error instanceof Error && { err: error }), detail: message }, 'graphile-worker');
  });
}
