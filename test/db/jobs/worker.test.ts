import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { createResolveJob } from '../../../src/jobs/resolve.js';
import { createResolver, type Resolver } from '../../../src/jobs/resolver.js';
import { defineTask, enqueue, handleTask, type TaskDefinition } from '../../../src/jobs/task.js';
import { startWorker, type Worker } from '../../../src/jobs/worker.js';
import { createLog } from '../../../src/log.js';
import { createPool } from '../../../src/warehouse/pool.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { waitFor } from '../../support/wait-for.js';
import { ingestFacts, readCore, sessionEvent } from './fact-writer.js';

const log = createLog({ level: 'silent', format: 'json' });
const KEY = 'a key of the public ids, for tests only';
const T0 = Date.UTC(2026, 0, 8, 12, 2);

let database: TestDatabase;
let admin: Pool;
let pool: Pool;
let ownerPool: Pool;
let resolver: Resolver;
let workers: Worker[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = createPool({ url: database.url(), name: 'test admin', log });
  pool = createPool({ url: database.url('worker'), name: 'test resolver', log });
  ownerPool = createPool({ url: database.url('owner'), name: 'test owner', max: 2, log });
  resolver = await createResolver({ pool, publicIdKey: KEY, batchMarks: 20, log });
});

beforeEach(async () => {
  await admin.query(`
    truncate fact.session_event, core.session, core.segment, core.swap, core.decision, core.session_slice,
      core.session_identity, core.session_start, core.session_bucket_5m, core.session_bucket_1h, core.grain,
      work.session_mark, work.bucket_mark, work.parked_session`);
  await admin.query(`delete from graphile_worker._private_jobs`);
});

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

afterAll(async () => {
  await Promise.all([admin?.end(), pool?.end(), ownerPool?.end()]);
  await database?.drop();
});

async function start(tasks: readonly TaskDefinition[] = [createResolveJob(resolver)]): Promise<Worker> {
  const worker = await startWorker({
    workerUrl: database.url('worker'),
    ownerUrl: database.url('owner'),
    concurrency: 2,
    tasks,
    log,
  });
  workers.push(worker);
  return worker;
}

const events = (sessions: number) =>
  Array.from({ length: sessions }, (_, index) =>
    sessionEvent({
      streamId: `stream-${index}`,
      requestId: `request-${index}`,
      eventAtMs: T0 + index * 1000,
      eventId: `event-${index}`,
    }),
  );
const request = () => admin.query('select work.request_resolve()');
const sessionCount = async () => Number((await admin.query('select count(*) as n from core.session')).rows[0]?.n);
const allResolved = (sessions: number) =>
  waitFor(async () => (await sessionCount()) === sessions, { what: `${sessions} sessions` });

function spawnWorker(): ChildProcess {
  const script = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
  const args = ['--import', 'tsx', script, database.url('worker'), database.url('owner'), KEY];
  return spawn(process.execPath, args, { stdio: 'inherit' });
}

async function kill(worker: ChildProcess | undefined): Promise<void> {
  if (worker === undefined || worker.signalCode !== null || worker.exitCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}

async function expectAsRebuilt(): Promise<void> {
  const core = await readCore(admin);
  await rebuild({ ownerPool, publicIdKey: KEY, decidedAt: new Date(), log });
  expect(await readCore(admin)).toEqual(core);
}

describe('worker', () => {
  it('resolves what two workers are asked for at once', async () => {
    await start();
    await start();
    for (let batch = 0; batch < 10; batch += 1) {
      await ingestFacts(admin, events(300).slice(batch * 30, batch * 30 + 30));
      await request();
    }
    await allResolved(300);
    await waitFor(async () => (await admin.query('select from work.session_mark')).rowCount === 0, { what: 'no mark' });
    await expectAsRebuilt();
  });

  it('finishes the job of a worker that was killed in the middle of it', async () => {
    await ingestFacts(admin, events(40));
    await request();
    const blocker = await admin.connect();
    await blocker.query('begin; lock table core.segment in share mode');
    const doomed = spawnWorker();
    try {
      await waitFor(
        async () =>
          (
            await admin.query(`select from pg_stat_activity
              where datname = current_database() and application_name = 'naap doomed resolver' and wait_event_type = 'Lock'`)
          ).rowCount,
        { what: 'the worker to be in the middle of a batch' },
      );
    } finally {
      await kill(doomed);
      await blocker.query('commit');
      blocker.release();
    }
    // two, when the minute's own job began beside it
    const locked = await admin.query('select from graphile_worker._private_jobs where locked_by is not null');
    expect(locked.rowCount).toBeGreaterThan(0);
    await start();
    await allResolved(40);
    await waitFor(
      async () =>
        (await admin.query(`select from graphile_worker.jobs where task_identifier = 'resolve'`)).rowCount === 0,
      { what: 'the job to be completed' },
    );
    await expectAsRebuilt();
  });

  it('shares the work with another process, and does its part when that is killed', async () => {
    const doomed = [spawnWorker(), spawnWorker()];
    try {
      for (let batch = 0; batch < 10; batch += 1) {
        await ingestFacts(admin, events(400).slice(batch * 40, batch * 40 + 40));
        await request();
        if (batch === 2) await waitFor(async () => (await sessionCount()) > 0, { what: 'a session' });
        if (batch === 5) await kill(doomed[0]);
      }
      await allResolved(400);
      await waitFor(async () => (await admin.query('select from work.session_mark')).rowCount === 0, {
        what: 'no mark',
      });
      await expectAsRebuilt();
    } finally {
      for (const one of doomed) await kill(one);
    }
  });

  it('goes on after the database has dropped every connection', async () => {
    await start();
    await ingestFacts(admin, events(3));
    await request();
    await allResolved(3);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await ingestFacts(admin, events(5));
    await request();
    await allResolved(5);
    const alive = await waitFor(
      async () =>
        (await admin.query(`select from pg_locks where locktype = 'advisory' and classid = ${0x6e610001}`)).rowCount,
      { what: 'the worker to say again that it lives' },
    );
    expect(alive).toBeGreaterThan(0);
  });

  it('leaves the jobs of a living worker alone', async () => {
    const runs: number[] = [];
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const task = defineTask({ name: 'resolve', schema: z.object({}) });
    const slow = handleTask(task, async () => {
      runs.push(runs.length);
      await held;
    });
    await start([slow]);
    await enqueue(pool, task, {});
    await waitFor(() => runs.length, { what: 'the job to run' });
    await start([slow]);
    const locked = await admin.query('select from graphile_worker._private_jobs where locked_by is not null');
    expect(locked.rowCount).toBe(1);
    finish();
    await waitFor(async () => (await admin.query('select from graphile_worker._private_jobs')).rowCount === 0, {
      what: 'the end',
    });
    expect(runs).toEqual([0]);
  });

  it('ends when told to, though the database went away while a job ran and never comes back', async () => {
    const doomed = await createTestDatabase();
    const client = createPool({ url: doomed.url('worker'), name: 'test doomed', log });
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let runCount = 0;
    const task = defineTask({ name: 'resolve', schema: z.object({}) });
    const slow = handleTask(task, async () => {
      runCount += 1;
      await held;
    });
    const said: string[] = [];
    const listening = createLog({ level: 'warn', format: 'json', destination: { write: (line) => said.push(line) } });
    const one = await startWorker({
      workerUrl: doomed.url('worker'),
      ownerUrl: doomed.url('owner'),
      concurrency: 2,
      tasks: [slow],
      log: listening,
    });
    await enqueue(client, task, {});
    await waitFor(() => runCount, { what: 'the job to run' });
    await client.end();
    await doomed.drop();
    finish();
    await waitFor(() => said.some((line) => line.includes('job runner starts again')), { what: 'a restart' });
    await one.stop();
  });

  it('goes on after the ends of two jobs were lost at once', async () => {
    const finish: (() => void)[] = [];
    let runCount = 0;
    const task = defineTask({ name: 'resolve', schema: z.object({}) });
    const held = handleTask(task, async () => {
      runCount += 1;
      if (runCount <= 2) await new Promise<void>((resolve) => finish.push(resolve));
    });
    await start([held]);
    for (let job = 0; job < 2; job += 1) await enqueue(pool, task, {});
    await waitFor(() => finish.length === 2, { what: 'both jobs to run' });
    const blocker = await admin.connect();
    await blocker.query('begin; lock table graphile_worker._private_jobs in exclusive mode');
    try {
      for (const [index, end] of finish.entries()) {
        end();
        const waiting = `select from pg_stat_activity where datname = current_database()
          and wait_event_type = 'Lock' and query like '%delete from%_private_jobs%'`;
        await waitFor(async () => (await admin.query(waiting)).rowCount === index + 1, { what: 'its end to wait' });
      }
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'naap worker'`);
    } finally {
      await blocker.query('commit');
      blocker.release();
    }
    await waitFor(() => runCount === 4, { what: 'both jobs to run again' });
    await waitFor(async () => (await admin.query('select from graphile_worker._private_jobs')).rowCount === 0, {
      what: 'the end of both',
    });
  });

  it('refuses a payload that its task does not want, when it is enqueued', async () => {
    const task = defineTask({ name: 'resolve', schema: z.object({ day: z.iso.date() }) });
    await expect(enqueue(pool, task, { day: 'yesterday' })).rejects.toMatchObject({ code: 'JOB_PAYLOAD_INVALID' });
    const untold = handleTask(task, async () => undefined);
    const clock = () => new Date();
    const context = { pool, ownerPool, log, asOf: clock(), clock, signal: new AbortController().signal };
    expect(() => untold.run({}, context)).toThrow(expect.objectContaining({ code: 'JOB_PAYLOAD_INVALID' }));
  });
});
