import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimulatedFeed } from '../../src/cli/simulated-feed.js';
import { DEFAULT_DECODE_RULES } from '../../src/ingest/decode.js';
import { createLog } from '../../src/log.js';
import { createPool, type Pool } from '../../src/warehouse/pool.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const MINUTE_MS = 60_000;
/** Every start is at this instant: how many sessions begin in a minute follows the time of day. */
const NOW = Date.parse('2026-03-02T09:04:40.000Z');
const log = createLog({ level: 'silent', format: 'json' });

let database: TestDatabase;
let owner: Pool;
let ingest: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ url: database.url('owner'), name: 'test owner', max: 2, log });
  ingest = createPool({ url: database.url('ingest'), name: 'test ingest', max: 2, log });
});
afterAll(async () => {
  await Promise.all([owner?.end(), ingest?.end()]);
  await database?.drop();
});

/** A start of `naap dev` that gets as far as now; answers the begins of its live stretches so far, and its sources. */
async function start() {
  const stop = new AbortController();
  const feed = await openSimulatedFeed({
    pool: ingest,
    orgs: new Map([
      ['network_events', 'daydream'],
      ['streaming_events', 'cloudspe'],
    ]),
    rules: DEFAULT_DECODE_RULES,
    log,
    now: () => NOW,
    signal: stop.signal,
    seed: 1,
    historyDays: 0,
  });
  await feed.catchUp();
  stop.abort();
  await feed.follow();
  const { rows } = await owner.query<{ topic: string; consumed: number }>(
    "select topic, consumed_count::integer as consumed from raw.source where cluster_id = 'simulator' order by topic",
  );
  const stretches = new Set(rows.flatMap(({ topic }) => /\/live-1\.[^/]+\/from-(.*)/.exec(topic)?.[1] ?? []));
  const consumed = rows.reduce((sum, row) => sum + row.consumed, 0);
  return { stretches: [...stretches].sort(), topics: rows.map(({ topic }) => topic), consumed };
}

async function verdicts(): Promise<readonly string[]> {
  const { rows } = await owner.query<{ verdict: string }>('select distinct verdict from raw.tally order by 1');
  return rows.map(({ verdict }) => verdict);
}

const endedMinutesAgo = (minutes: number) =>
  owner.query(`update raw.source set updated_at = $1 where topic like '%/live-1.%'`, [
    new Date(NOW - minutes * MINUTE_MS),
  ]);

test('a first start has sessions that began in the last minutes, beside the steady ones', async () => {
  const { stretches, topics } = await start();
  expect(topics).toHaveLength(4);
  expect(stretches).toHaveLength(1);
  const age = NOW - Date.parse(stretches[0] ?? '');
  expect(age).toBeGreaterThan(3 * MINUTE_MS);
  expect(age).toBeLessThan(5 * MINUTE_MS);
  const { rows } = await owner.query<{ n: number; earliest: Date }>(`
    select count(distinct session_key)::integer as n, min(event_at) as earliest
    from fact.session_event as e
    join raw.event as r using (org, event_id, event_at)
    join raw.source as s using (source_id)
    where s.topic like '%/live-1.%'`);
  expect(rows[0]?.n).toBeGreaterThan(8);
  expect(rows[0]?.earliest.getTime()).toBeGreaterThanOrEqual(Date.parse(stretches[0] ?? ''));
});

test('a start after a short pause goes on with the stretch, and nothing comes twice', async () => {
  const before = await start();
  await endedMinutesAgo(14);
  const after = await start();
  expect(after.topics).toEqual(before.topics);
  expect(after.consumed).toBeGreaterThanOrEqual(before.consumed);
  expect(await verdicts()).toEqual(['accepted']);
});

test('a start after a long pause begins a new stretch', async () => {
  const { stretches } = await start();
  // As if that one had begun two hours ago: a stretch is named by its minute, and this test is within one.
  await owner.query(`
    update raw.source set topic = regexp_replace(topic, '/from-.*', '/from-2026-01-01T00:00:00.000Z')
    where topic like '%/live-1.%'`);
  await endedMinutesAgo(16);
  const after = await start();
  expect(after.stretches).toHaveLength(2);
  expect(after.stretches[0]).toBe('2026-01-01T00:00:00.000Z');
  expect(Date.parse(after.stretches[1] ?? '')).toBeGreaterThanOrEqual(Date.parse(stretches[0] ?? ''));
});
