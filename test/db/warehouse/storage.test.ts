import { describe, expect, test } from 'vitest';
import { enginesUnderTest, useWarehouse } from './engines-under-test.js';
import { insertRows } from './seed.js';

const DAY_MS = 86_400_000;
const INSERT_EVENT = `
  insert into raw.event
  values ($1, 'daydream', $2, 'ai_stream_status', $1, $1, 1, 1, '{}')`;

describe.each(enginesUnderTest())('storage on %s', (engineName) => {
  const warehouse = useWarehouse(engineName);

  test('many at once make the same days, and every row finds its place', async () => {
    const { connect, owner } = warehouse();
    const start = Date.parse('2026-05-01T00:00:00Z');
    const clients = await Promise.all(Array.from({ length: 8 }, (_, n) => connect(n % 2 === 0 ? 'ingest' : 'worker')));
    const made = await Promise.all(
      clients.map(async (client, n) => {
        const days = Array.from({ length: 10 }, (_, day) => new Date(start + (day + (n % 3)) * DAY_MS));
        const { rows } = await client.query<{ made: number }>('select naap.ensure_storage($1) as made', [days]);
        return rows[0]?.made ?? -1;
      }),
    );
    expect(made.every((count) => count >= 0)).toBe(true);
    const ingest = await connect('ingest');
    for (let day = 0; day < 12; day += 1) {
      await ingest.query(INSERT_EVENT, [new Date(start + day * DAY_MS), `storage-${day}`]);
    }
    const { rows } = await owner.query(
      "select count(*)::integer as count from raw.event where event_id like 'storage-%'",
    );
    expect(rows).toEqual([{ count: 12 }]);
  });

  test('making storage does not wait for a writer who is in the middle of a transaction', async () => {
    const { connect } = warehouse();
    const [writer, other] = await Promise.all([connect('ingest'), connect('ingest')]);
    await writer.query("select naap.ensure_storage(array['2026-05-01Z'::timestamptz])");
    await writer.query('begin');
    await writer.query(INSERT_EVENT, [new Date('2026-05-01T01:00:00Z'), 'in-the-middle']);
    await other.query("set lock_timeout = '10s'");
    await other.query("select naap.ensure_storage(array['2026-09-09Z'::timestamptz])");
    await other.query(INSERT_EVENT, [new Date('2026-09-09T01:00:00Z'), 'other-day']);
    await writer.query('commit');
  });

  test('instants years apart make their own days only', async () => {
    const { owner } = warehouse();
    const count = "select count(*)::integer as count from pg_class where relkind = 'r'";
    const before = Number((await owner.query<{ count: number }>(count)).rows[0]?.count);
    await owner.query("select naap.ensure_storage(array['2003-01-01Z', '2019-07-07Z']::timestamptz[])");
    const after = Number((await owner.query<{ count: number }>(count)).rows[0]?.count);
    expect(after - before).toBeLessThan(200);
    await expect(owner.query("select naap.ensure_storage('2003-01-01Z', '2019-07-07Z')")).rejects.toThrow(
      'pass the instants',
    );
    expect((await owner.query("select naap.ensure_storage(array['2003-01-01Z'::timestamptz]) as made")).rows).toEqual([
      { made: 0 },
    ]);
  });

  test('bounds on a rollup reach its storage: only the days asked for are read', async () => {
    const { owner } = warehouse();
    const days = ['2026-02-02T00:00:00Z', '2026-05-04T00:00:00Z', '2026-08-03T00:00:00Z'];
    await owner.query('select naap.ensure_storage($1::timestamptz[])', [days]);
    await insertRows(owner, 'core.grain', [{ grain_id: 1, org: 'daydream', is_synthetic: false }]);
    for (const [n, day] of days.entries()) {
      await insertRows(owner, 'core.session_bucket_5m', [
        { bucket_start: day, org: 'daydream', session_key: `p${n}`, grain_id: 1, is_tail: false, last_seen_at: day },
      ]);
      await owner.query("select work.mark_buckets('session_bucket_5m', array[$1::timestamptz])", [day]);
    }
    const { rows } = await owner.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off)
       select sum(fps_sum) from api.service_5m
       where bucket_start >= '2026-05-04T00:00:00Z' and bucket_start < '2026-05-05T00:00:00Z'`,
    );
    const scanned = rows
      .map((row) => row['QUERY PLAN'])
      .filter(
        (line) =>
          /Scan.* on (core_session_bucket_5m_p|rollup_service_5m_p|_hyper_)/.test(line) &&
          !line.includes('never executed'),
      );
    expect(scanned.length, rows.map((row) => row['QUERY PLAN']).join('\n')).toBeLessThanOrEqual(2);
    expect(scanned.length).toBeGreaterThan(0);
  });

  test('time_bucket has the same origin on both engines', async () => {
    const { owner } = warehouse();
    const { rows } = await owner.query(`
      select w, time_bucket(w::interval, timestamptz '2026-03-04 13:37:42Z')::text as bucket
      from unnest(array['5 minutes', '1 hour', '7 hours', '1 day', '7 days']) as w`);
    expect(rows).toEqual([
      { w: '5 minutes', bucket: '2026-03-04 13:35:00+00' },
      { w: '1 hour', bucket: '2026-03-04 13:00:00+00' },
      { w: '7 hours', bucket: '2026-03-04 08:00:00+00' },
      { w: '1 day', bucket: '2026-03-04 00:00:00+00' },
      { w: '7 days', bucket: '2026-03-02 00:00:00+00' },
    ]);
  });
});
