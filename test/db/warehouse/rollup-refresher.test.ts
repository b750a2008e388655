import { beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/log.js';
import { sessionOf } from '../../../src/warehouse/pool.js';
import { joinOverNothing } from '../../../src/warehouse/rollup-ranges.js';
import { type RefreshOptions, refreshRollups } from '../../../src/warehouse/rollup-refresher.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { enginesUnderTest, useWarehouse, type Warehouse } from './engines-under-test.js';
import { published, recount } from './rollup-truth.js';
import {
  bucketRows,
  byocAuthRows,
  byocWorkerRows,
  discoveryRows,
  grainRows,
  ingestRows,
  insertRows,
  jobRows,
  paymentRows,
  type Row,
  seededRandom,
  sessionKeys,
  startRows,
  swapRows,
  ticketRows,
} from './seed.js';

const FROM_MS = Date.parse('2026-03-02T00:00:00Z');
const TO_MS = Date.parse('2026-03-04T12:00:00Z');
const AS_OF = new Date('2026-03-04T11:32:00Z');
const log = createLog({ level: 'silent', format: 'json' });

describe.each(enginesUnderTest())('rollups on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  const random = seededRandom(7);

  beforeAll(async () => {
    const { owner } = warehouse();
    await owner.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
      new Date(FROM_MS),
      new Date(TO_MS),
    ]);
    await insertRows(owner, 'core.grain', grainRows());
    const keys = sessionKeys('first', 600);
    await write(owner, 'session_start', startRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'session_bucket_5m', bucketRows(random, '5m', keys, FROM_MS, TO_MS));
    await write(owner, 'session_bucket_1h', bucketRows(random, '1h', keys, FROM_MS, TO_MS));
    await write(owner, 'swap', swapRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'session_ingest_5m', ingestRows(random, '5m', keys, FROM_MS, TO_MS));
    await write(owner, 'session_ingest_1h', ingestRows(random, '1h', keys, FROM_MS, TO_MS));
    await write(owner, 'payment', paymentRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'job', jobRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'discovery', discoveryRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'ticket', ticketRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'byoc_auth', byocAuthRows(random, keys, FROM_MS, TO_MS));
    await write(owner, 'byoc_worker', byocWorkerRows(random, keys, FROM_MS, TO_MS));
  });

  test('answer right before any refresh', () => expectTruth(warehouse()));

  test('answer right between the rewrite and the deletion of marks', async () => {
    const { owner, engine, rollups } = warehouse();
    let looked = 0;
    const watched: RefreshOptions['engine'] = {
      ...engine,
      refreshRollup: async (session, rollup, ranges, settle) =>
        engine.refreshRollup(session, rollup, ranges, async () => {
          looked += 1;
          // the others of its root are those that are made of it
          await expectTruth({ ...warehouse(), rollups: rollups.filter(({ root }) => root === rollup.root) });
          await settle();
        }),
    };
    await refreshRollups({ session: owner, engine: watched, rollups, asOf: AS_OF, log });
    expect(looked).toBe(rollups.length);
  });

  test('answer right after it, from stored rows but for the open buckets', async () => {
    const { owner } = warehouse();
    await expectTruth(warehouse());
    const { rows } = await owner.query(
      'select rollup, array_agg(distinct bucket_start order by bucket_start) as buckets from work.bucket_mark group by 1 order by 1',
    );
    expect(rows.filter(({ rollup }) => String(rollup).endsWith('_1d'))).toEqual([
      { rollup: 'byoc_auth_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'byoc_worker_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'demand_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'discovery_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'failure_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'ingest_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'job_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'job_failure_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'payment_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'service_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'swap_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
      { rollup: 'ticket_1d', buckets: [new Date('2026-03-04T00:00:00Z')] },
    ]);
    const { rows: open } = await owner.query<{ bucket_start: Date }>(
      "select bucket_start from work.bucket_mark where rollup = 'service_1h'",
    );
    expect(open.every(({ bucket_start: at }) => at.getTime() + 3_600_000 > AS_OF.getTime())).toBe(true);
  });

  test('ask for scores of the rewritten buckets and benchmarks of their days', async () => {
    const { owner } = warehouse();
    const { rows: scores } = await owner.query<{ width: string; count: number; newest: Date }>(
      'select width, count(distinct bucket_start)::integer as count, max(bucket_start) as newest from work.score_mark group by 1 order by 1',
    );
    expect(scores.map(({ width }) => width)).toEqual(['1h', '5m']);
    expect(scores.every(({ newest }) => newest < AS_OF)).toBe(true);
    const { rows: days } = await owner.query('select distinct day::text from work.benchmark_mark order by 1');
    expect(days).toEqual([{ day: '2026-03-02' }, { day: '2026-03-03' }, { day: '2026-03-04' }]);
    const jobs = await owner.query("select task_identifier from graphile_worker.jobs where key = 'score-sla'");
    expect(jobs.rows).toEqual([{ task_identifier: 'score-sla' }]);
  });

  test('answer right at once when a stored bucket changes, gains and loses rows', async () => {
    const { owner } = warehouse();
    const late = startRows(random, sessionKeys('late', 40), FROM_MS, TO_MS - 86_400_000);
    await write(owner, 'session_start', late);
    await expectTruth(warehouse());
    const { rows: gone } = await owner.query<{ bucket_start: Date }>(
      "delete from core.session_bucket_1h where session_key like 'first-1%' returning bucket_start",
    );
    await owner.query("select work.mark_buckets('session_bucket_1h', $1)", [gone.map((row) => row.bucket_start)]);
    await expectTruth(warehouse());
    await refresh(warehouse());
    await expectTruth(warehouse());
  });

  test('keep a mark that commits while the refresh runs', async () => {
    const { owner, engine, rollups, connect } = warehouse();
    await write(owner, 'session_start', startRows(random, sessionKeys('before', 20), FROM_MS, FROM_MS + 3_600_000));
    const writer = sessionOf(await connect('worker'));
    let hasWritten = false;
    const meddled: RefreshOptions['engine'] = {
      ...engine,
      refreshRollup: async (session, rollup, ranges, settle) =>
        engine.refreshRollup(session, rollup, ranges, async () => {
          if (!hasWritten) {
            hasWritten = true;
            await write(
              writer,
              'session_start',
              startRows(random, sessionKeys('during', 20), FROM_MS, FROM_MS + 3_600_000),
            );
          }
          await settle();
        }),
    };
    await refreshRollups({ session: owner, engine: meddled, rollups, asOf: AS_OF, log, ignoresPace: true });
    expect(hasWritten).toBe(true);
    await expectTruth(warehouse());
    await refresh(warehouse());
    await expectTruth(warehouse());
  });

  test('answer right at every moment while writers write and refreshes run', async () => {
    const { owner, connect } = warehouse();
    const writers = await Promise.all([1, 2].map(async () => sessionOf(await connect('worker'))));
    const reader = await connect('owner');
    let isWriting = true;
    const writing = Promise.all(
      writers.map(async (writer, number) => {
        const own = seededRandom(100 + number);
        for (let batch = 0; batch < 12; batch += 1) {
          const keys = sessionKeys(`w${number}b${batch}`, 15);
          await write(writer, 'session_start', startRows(own, keys, FROM_MS, TO_MS));
          await write(writer, 'session_bucket_1h', bucketRows(own, '1h', keys, FROM_MS, TO_MS));
        }
      }),
    ).finally(() => {
      isWriting = false;
    });
    const refreshing = (async () => {
      while (isWriting) await refresh(warehouse());
    })();
    let looks = 0;
    while (isWriting) {
      // one snapshot for view and recount
      await reader.query('begin isolation level repeatable read read only');
      await expectTruth({ ...warehouse(), owner: sessionOf(reader) });
      await reader.query('commit');
      looks += 1;
    }
    await Promise.all([writing, refreshing]);
    expect(looks).toBeGreaterThan(0);
    await refresh(warehouse());
    await expectTruth(warehouse());
    expect(owner).toBeDefined();
  });

  test('leave no mark behind once everything is closed, and the stored rows are the truth', async () => {
    const { owner, rollups } = warehouse();
    await refresh(warehouse(), new Date('2026-03-06T00:00:00Z'));
    const { rows } = await owner.query('select count(*)::integer as count from work.bucket_mark');
    expect(rows).toEqual([{ count: 0 }]);
    await expectTruth(warehouse());
    for (const rollup of rollups) {
      const { rows: stored } = await owner.query(`select count(*)::integer as count from rollup.${rollup.name}`);
      expect(stored[0]?.['count']).toBe((await recount(owner, rollup)).length);
    }
  });

  test('rewrite buckets apart at once where nothing lies between them, up to a day', async () => {
    const { owner } = warehouse();
    const noon = Date.parse('2026-03-20T12:00:00Z');
    const bucket = (minutes: number) => new Date(noon + minutes * 60_000);
    const range = (from: number, to = from + 5) => ({ fromAt: bucket(from), toAt: bucket(to) });
    await owner.query('select naap.ensure_storage($1::timestamptz, $1::timestamptz)', [bucket(60)]);
    const [row] = startRows(random, sessionKeys('between', 1), noon, noon + 1);
    await insertRows(owner, 'core.session_start', [{ ...row, bucket_start: bucket(60) }]);
    const ranges = [range(0), range(20), range(50), range(70), range(75 + 1440), range(90 + 2880)];
    const joined = [range(0, 55), range(70, 80 + 1440), range(90 + 2880)];
    expect(await joinOverNothing(owner, { source: 'core.session_start' }, ranges)).toEqual(joined);
    await owner.query('delete from core.session_start where bucket_start = $1', [bucket(60)]);
  });

  test('refresh days at most every ten minutes', async () => {
    const { owner, engine, rollups } = warehouse();
    await write(owner, 'session_start', startRows(random, sessionKeys('paced', 1), FROM_MS, FROM_MS + 1));
    const at = (minutes: number) => new Date(Date.parse('2026-03-06T00:00:00Z') + minutes * 60_000);
    const early = await refreshRollups({ session: owner, engine, rollups, asOf: at(5), log });
    expect(early.refreshed).toEqual({
      ...{ demand_5m: 1, demand_1h: 1, demand_1d: 0 },
      ...{ failure_5m: 1, failure_1h: 1, failure_1d: 0 },
    });
    await expectTruth(warehouse());
    const later = await refreshRollups({ session: owner, engine, rollups, asOf: at(11), log });
    expect(later.refreshed).toEqual({ demand_1d: 1, failure_1d: 1 });
    await expectTruth(warehouse());
  });
});

/** On two connections, as a bootstrap does. */
async function refresh({ owner, engine, rollups, connect }: Warehouse, asOf = AS_OF): Promise<void> {
  const helper = await connect('owner');
  const helpers = [sessionOf(helper)];
  await refreshRollups({ session: owner, helpers, engine, rollups, asOf, log, ignoresPace: true });
  await helper.end();
}

/** A writer's transaction: rows and the marks of their buckets. */
async function write(session: SqlSession, table: string, rows: readonly Row[]): Promise<void> {
  const own = seededRandom(rows.length);
  await session.query('begin');
  await insertRows(session, `core.${table}`, rows, own);
  await session.query('select work.mark_buckets($1, $2)', [table, rows.map((row) => row['bucket_start'])]);
  await session.query('commit');
}

async function expectTruth({ owner, rollups }: Warehouse): Promise<void> {
  for (const rollup of rollups) {
    expect(await published(owner, rollup), rollup.name).toEqual(await recount(owner, rollup));
  }
}
