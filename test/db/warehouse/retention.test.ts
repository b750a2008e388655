import { beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/log.js';
import { sessionOf } from '../../../src/warehouse/pool.js';
import { applyRetention } from '../../../src/warehouse/retention.js';
import { refreshRollups } from '../../../src/warehouse/rollup-refresher.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';
import { bucketRows, grainRows, insertRows, type Row, seededRandom, sessionKeys, startRows } from './seed.js';

const AS_OF = new Date('2026-09-10T06:00:00Z');
const FLOOR = new Date('2026-06-12T00:00:00Z'); // 90 days before that day
const log = createLog({ level: 'silent', format: 'json' });

describe.each(enginesUnderTest())('retention on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);
  const random = seededRandom(3);

  beforeAll(async () => {
    const { owner, engine, rollups } = warehouse();
    const days = dayBy('2026-06-08', 8);
    await owner.query('select naap.ensure_storage($1::timestamptz[])', [
      [...days, '2026-09-02T00:00:00Z', '2026-09-09T00:00:00Z'],
    ]);
    await insertRows(owner, 'core.grain', grainRows());
    await insertRows(
      owner,
      'raw.event',
      days.map((at, n) => ({ event_at: at, org: 'daydream', event_id: `e${n}`, source_id: 1 })),
    );
    await insertRows(
      owner,
      'fact.payment',
      days.map((at, n) => ({ event_at: at, org: 'daydream', event_id: `e${n}` })),
      random,
    );
    await insertRows(
      owner,
      'raw.ledger',
      days.map((at, n) => ({ event_at: at, content_hash: n, event_key: `00000000-0000-4000-8000-00000000000${n}` })),
    );
    const keys = sessionKeys('old', 60);
    const from = Date.parse('2026-06-08T00:00:00Z');
    const to = Date.parse('2026-06-16T00:00:00Z');
    const sources: readonly (readonly [string, readonly Row[]])[] = [
      ['session_start', startRows(random, keys, from, to)],
      ['session_bucket_5m', bucketRows(random, '5m', keys, from, to)],
      ['session_bucket_1h', bucketRows(random, '1h', keys, from, to)],
    ];
    for (const [table, rows] of sources) {
      await insertRows(owner, `core.${table}`, rows, random);
      await owner.query('select work.mark_buckets($1, $2)', [table, rows.map((row) => row['bucket_start'])]);
    }
    await refreshRollups({ session: owner, engine, rollups, asOf: AS_OF, log });
    await insertRows(owner, 'raw.set_aside', [
      { received_at: '2026-09-02T00:00:00Z', verdict: 'ignored', reason: 'old', org: 'daydream', message: null },
      { received_at: '2026-09-09T00:00:00Z', verdict: 'ignored', reason: 'new', org: 'daydream', message: null },
    ]);
  });

  test('while a writer holds a table nothing is dropped and no floor moves', async () => {
    const { owner, connect } = warehouse();
    const writer = await connect('ingest');
    const reader = sessionOf(await connect('owner'));
    await writer.query('begin');
    await writer.query("insert into raw.event values ('2026-06-14Z', 'daydream', 'held', 'f', now(), now(), 1, 1, '')");
    const retention = applyRetention({ session: owner, asOf: AS_OF, log });
    const early = await Promise.race([
      retention.then(() => 'done'),
      new Promise((resolve) => setTimeout(resolve, 300, 'waiting')),
    ]);
    if (early === 'waiting') {
      const { rows } = await reader.query('select raw_floor from work.floor');
      expect(rows).toEqual([{ raw_floor: new Date('2000-01-01T00:00:00Z') }]);
    }
    await writer.query('rollback');
    await retention;
  });

  test('raw and facts below the floor are gone, to the row, and the floor says so', async () => {
    const { owner } = warehouse();
    const { rows } = await owner.query('select raw_floor, rollup_5m_floor, core_floor from work.floor');
    expect(rows).toEqual([{ raw_floor: FLOOR, rollup_5m_floor: FLOOR, core_floor: new Date('2023-09-06T00:00:00Z') }]);
    for (const table of ['raw.event', 'fact.payment', 'raw.ledger']) {
      const left = await owner.query(`select min(event_at) as oldest, count(*)::integer as count from ${table}`);
      expect(left.rows, table).toEqual([{ oldest: FLOOR, count: 4 }]);
    }
    const aside = await owner.query('select reason from raw.set_aside');
    expect(aside.rows).toEqual([{ reason: 'new' }]);
  });

  test('5-minute rows below the floor are gone from answers while hours and days keep theirs', async () => {
    const { owner } = warehouse();
    const oldest = async (rollup: string) =>
      (await owner.query<{ at: Date }>(`select min(bucket_start) as at from api.${rollup}`)).rows[0]?.at;
    expect((await oldest('demand_5m'))?.getTime()).toBeGreaterThanOrEqual(FLOOR.getTime());
    expect((await oldest('service_5m'))?.getTime()).toBeGreaterThanOrEqual(FLOOR.getTime());
    expect((await oldest('demand_1h'))?.getTime()).toBeLessThan(FLOOR.getTime());
    expect((await oldest('service_1d'))?.getTime()).toBeLessThan(FLOOR.getTime());
  });

  test('a late change below the 5-minute floor reaches hours and days, and leaves no mark', async () => {
    const { owner, engine, rollups } = warehouse();
    const late = startRows(random, ['late'], Date.parse('2026-06-09T00:00:00Z'), Date.parse('2026-06-09T00:00:01Z'));
    const sum = async () =>
      (
        await owner.query<{ n: string }>(
          "select sum(known_count) as n from api.demand_1d where bucket_start = '2026-06-09Z'",
        )
      ).rows[0]?.n;
    const before = Number(await sum());
    await insertRows(owner, 'core.session_start', late, random);
    await owner.query("select work.mark_buckets('session_start', $1)", [late.map((row) => row['bucket_start'])]);
    expect(Number(await sum())).toBe(before + 1);
    await refreshRollups({ session: owner, engine, rollups, asOf: AS_OF, log, ignoresPace: true });
    expect(Number(await sum())).toBe(before + 1);
    expect((await owner.query('select * from work.bucket_mark')).rows).toEqual([]);
    expect((await owner.query("select * from api.demand_5m where bucket_start < '2026-06-12Z'")).rows).toEqual([]);
  });

  test('readers do not wait while single rows are deleted: tables are dropped last', async () => {
    const { owner, connect } = warehouse();
    const reader = sessionOf(await connect('reader'));
    await reader.query("set lock_timeout = '10s'");
    const asked: string[] = [];
    const session: SqlSession = {
      async query(text, values) {
        const table = /delete from ((raw|core)\.\w+)/.exec(text)?.[1];
        if (table !== undefined) {
          for (const view of [
            'session',
            'session_segment',
            'demand_1h',
            'service_1d',
            'event_lineage',
            'payment',
            'job',
          ]) {
            await reader.query(`select from api.${view} limit 1`);
          }
          asked.push(table);
        }
        return owner.query(text, values);
      },
    };
    await applyRetention({ session, asOf: new Date(AS_OF.getTime() + 3 * 86_400_000), log });
    expect(asked).toContain('raw.ledger');
    expect(asked).toContain('core.session');
    const { rows } = await owner.query("select * from raw.event where event_at < '2026-06-15Z'");
    expect(rows).toEqual([]);
  });

  test('floors never go back', async () => {
    const { owner } = warehouse();
    await applyRetention({ session: owner, asOf: new Date('2026-07-01T00:00:00Z'), log });
    const { rows } = await owner.query('select raw_floor from work.floor');
    expect(rows).toEqual([{ raw_floor: new Date(FLOOR.getTime() + 3 * 86_400_000) }]);
  });

  test('two days are kept whatever the policy says: questions about them do not look at the floors', async () => {
    const { owner } = warehouse();
    await owner.query('update config.policy set rollup_5m_retention_days = 0');
    await applyRetention({ session: owner, asOf: new Date('2026-09-20T23:59:59Z'), log });
    const { rows } = await owner.query('select rollup_5m_floor from work.floor');
    expect(rows).toEqual([{ rollup_5m_floor: new Date('2026-09-18T00:00:00Z') }]);
  });
});

function dayBy(first: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) =>
    new Date(Date.parse(`${first}T00:00:00Z`) + n * 86_400_000).toISOString(),
  );
}
