import type { Pool, PoolClient } from 'pg';
import type { z } from 'zod';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';

/** What every handler gets beside its payload. */
export interface TaskContext {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  /** Connections of naap_owner: refresh, retention, compression. */
  readonly ownerPool: Pool;
  readonly log: Log;
  /** The instant the job stands for: the cron tick of a scheduled one, else when its run began. */
  readonly asOf: Date;
  /** What time it really is: a tick may run late. */
  readonly clock: () => Date;
  /** Aborted when the worker stops: a long handler ends at its next safe point, the dirty logs keep the rest. */
  readonly signal: AbortSignal;
}

/** When a task runs by itself; five cron fields, UTC. Several workers enqueue each tick once. */
export interface TaskSchedule {
  readonly cron: string;
  /** At most one waiting job per key, whoever asked for it. */
  readonly jobKey?: string;
}

/** The name and payload of a task, known to those who enqueue it and to the one who runs it. */
export interface Task<Payload> {
  readonly name: string;
  readonly schema: z.ZodType<Payload>;
}

/** A task with its handler, payload type erased: what `startWorker` is given. */
export interface TaskDefinition {
  readonly name: string;
  readonly schedule: TaskSchedule | null;
  run(payload: unknown, context: TaskContext): Promise<void>;
}

export function defineTask<Payload>(task: Task<Payload>): Task<Payload> {
  return task;
}

/** Joins a task with its handler; the payload is parsed again here, since another release may have written it. */
export function handleTask<Payload>(
  task: Task<Payload>,
  handler: (payload: Payload, context: TaskContext) => Promise<void>,
  schedule: TaskSchedule | null = null,
): TaskDefinition {
  return {
    name: task.name,
    schedule,
    run: (payload, context) => handler(parsePayload(task, payload), context),
  };
}

export interface EnqueueOptions {
  /** Debounces: a waiting job with the same key is replaced. */
  readonly jobKey?: string;
  readonly runAt?: Date;
}

const ADD_JOB = {
  name: 'jobs/enqueue',
  text: `select graphile_worker.add_job($1, $2::json, run_at := coalesce($3, clock_timestamp()), job_key := $4)`,
};

/** Adds a job in the caller's transaction: it exists exactly when that commits. */
export async function enqueue<Payload>(
  client: Pool | PoolClient,
  task: Task<Payload>,
  payload: Payload,
  { jobKey, runAt }: EnqueueOptions = {},
): Promise<void> {
  const parsed = parsePayload(task, payload);
  await client.query({ ...ADD_JOB, values: [task.name, JSON.stringify(parsed), runAt ?? null, jobKey ?? null] });
}

function parsePayload<Payload>(task: Task<Payload>, payload: unknown): Payload {
  const parsed = task.schema.safeParse(payload ?? {});
  if (parsed.success) return parsed.data;
  throw new AppError('JOB_PAYLOAD_INVALID', `payload of job ${task.name} is not what the task wants`, {
    cause: parsed.error,
    details: { task: task.name },
  });
}
