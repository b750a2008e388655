import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.js';
import { createPool, sessionOf } from '../../src/warehouse/pool.js';
import { readCore } from '../db/jobs/fact-writer.js';
import { expectSameAnswers } from '../db/warehouse/engine-comparison.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { waitFor } from '../support/wait-for.js';
import { type Environment, onDatabase, type RunningNaap, runNaap, startNaap } from './naap.js';

const log = createLog({ level: 'silent', format: 'json' });
const SIMULATION = ['--seed', '7', '--sessions', '250', '--hours', '3', '--start', '2026-01-08T12:00:00Z'];
const FAULTS = ['--duplicate', '0.1', '--shuffle', '20000', '--late', '0.05', '--drop', '0.02', '--garbage', '0.02'];
const CURRENT_SCORES = `
  select s.width, s.bucket_start, s.grain_id, s.scoring_version, s.score, s.subscores, i.inputs, s.is_withdrawn
  from core.sla_score_current as c join core.sla_score as s using (score_id) join core.sla_input as i using (input_id)
  order by 1, 2, 3, 4`;

interface Warehouse {
  readonly database: TestDatabase;
  readonly environment: Environment;
  readonly admin: Pool;
}

async function openWarehouse(): Promise<Warehouse> {
  const database = await createTestDatabase();
  const admin = createPool({ url: database.url(), name: 'test admin', max: 3, log });
  // the traffic is of one day for ever, and a worker applies retention seven minutes past the hour
  await admin.query('update config.policy set raw_retention_days = 36500, rollup_5m_retention_days = 36500');
  return { database, environment: onDatabase(database.url()), admin };
}

describe('killed in the middle', () => {
  let folder: string;
  let file: string;
  /** Of the organisation whose gateways sign tickets. */
  let signed: string;
  let calm: Warehouse;
  let killed: Warehouse;
  const running: RunningNaap[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'naap-test-'));
    file = join(folder, 'traffic.ndjson');
    signed = join(folder, 'signed.ndjson');
    await runNaap(['simulate', ...SIMULATION, ...FAULTS, '--topic', 'network_events', '--out', file], {});
    await runNaap(['simulate', ...SIMULATION, ...FAULTS, '--topic', 'streaming_events', '--out', signed], {});
    calm = await openWarehouse();
    killed = await openWarehouse();
    await runNaap(['replay', file], calm.environment);
  });
  afterAll(async () => {
    for (const naap of running) await naap.end('SIGKILL');
    for (const { admin, database } of [calm, killed].filter((one) => one !== undefined)) {
      await admin.end();
      await database.drop();
    }
    await rm(folder, { recursive: true, force: true });
  });

  const start = (args: readonly string[], environment: Environment): RunningNaap => {
    const naap = startNaap(args, environment);
    running.push(naap);
    return naap;
  };
  const numberOf = async ({ admin }: Warehouse, text: string): Promise<number> =>
    Number((await admin.query<{ n: string }>(text)).rows[0]?.n);
  const SOURCES = 'select topic, org, next_offset, consumed_count, newest_event_at from raw.source order by 1';
  const TALLIES =
    'select family, verdict, reason, sum(message_count) as n from raw.tally group by 1, 2, 3 order by 1, 2, 3';
  const READ_LINES = `select coalesce(sum(next_offset), 0) as n from raw.source`;

  it('naap replay goes on behind its last transaction, and every line has one verdict [INGEST-004, LINEAGE-001]', async () => {
    const doomed = start(['replay', file], { ...killed.environment, NAAP_INGEST_BATCH_MESSAGES: '20' });
    await waitFor(async () => (await numberOf(killed, READ_LINES)) >= 100, { what: 'some lines', intervalMs: 2 });
    await doomed.end('SIGKILL');
    const consumed = await numberOf(killed, READ_LINES);
    expect(consumed).toBeLessThan(await numberOf(calm, READ_LINES));
    const said = await runNaap(['replay', file], killed.environment);
    expect(said).toContain(`${consumed} lines were consumed before`);
    expect((await killed.admin.query(SOURCES)).rows).toEqual((await calm.admin.query(SOURCES)).rows);
    expect((await killed.admin.query(TALLIES)).rows).toEqual((await calm.admin.query(TALLIES)).rows);
    const facts = 'select * from fact.session_event order by org, event_id';
    expect((await killed.admin.query(facts)).rows).toEqual((await calm.admin.query(facts)).rows);
  });

  it('naap work leaves what another finishes: sessions, rollups and scores as undisturbed [FACT-002]', async () => {
    const { admin } = killed;
    for (const { environment } of [calm, killed]) await runNaap(['replay', signed], environment);
    await runNaap(['resolve', '--mode', 'tail'], calm.environment);
    await runNaap(['score'], calm.environment);
    const total = await numberOf(calm, 'select count(*) as n from core.session');
    // An unfinished insert of one of its rows stops the resolver in its last batch, with the first one committed.
    const blocker = await admin.connect();
    await blocker.query('begin');
    await blocker.query(`
      insert into core.session_identity (org, identity, session_key)
      select e.org, lower(e.orch_url), e.session_key
      from fact.session_event as e join work.session_mark as m using (org, session_key)
      where e.orch_url <> '' and e.shows_identity order by m.shard desc limit 1`);
    try {
      const doomed = start(['work'], killed.environment);
      await waitFor(
        async () =>
          (
            await admin.query(`select from pg_stat_activity
              where datname = current_database() and application_name = 'naap resolver' and wait_event_type = 'Lock'`)
          ).rowCount,
        { what: 'the resolver to be in the middle' },
      );
      await doomed.end('SIGKILL');
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
    const done = await numberOf(killed, 'select count(*) as n from core.session');
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(total);

    const second = start(['work'], killed.environment);
    const waiting = "select sum(mark_count) as n from api.work_backlog where id not in ('score', 'benchmark')";
    await waitFor(async () => (await numberOf(killed, waiting)) === 0, {
      what: 'everything that waits to be resolved',
    });
    const ended = once(second.process, 'close');
    second.process.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    // A worker refreshes hours and days at their pace; this does not wait for it.
    await runNaap(['score'], killed.environment);

    expect(await readCore(admin)).toEqual(await readCore(calm.admin));
    const [one, other] = await Promise.all([calm.admin.connect(), admin.connect()]);
    try {
      const counts = await expectSameAnswers(sessionOf(one), sessionOf(other), (name) => name.startsWith('rollup.'));
      expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
    } finally {
      one.release();
      other.release();
    }
    const scores = (await calm.admin.query(CURRENT_SCORES)).rows;
    expect(scores.length).toBeGreaterThan(0);
    expect((await admin.query(CURRENT_SCORES)).rows).toEqual(scores);
  });
});
