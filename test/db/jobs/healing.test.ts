import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rebuild } from '../../../src/jobs/rebuild.js';
import { refreshAlone } from '../../../src/jobs/refresh-rollups.js';
import { createResolver } from '../../../src/jobs/resolver.js';
import { createLog } from '../../../src/log.js';
import { sessionOf } from '../../../src/warehouse/pool.js';
import { readReleaseRollups } from '../../../src/warehouse/rollup-release.js';
import type { SqlSession } from '../../../src/warehouse/sql-session.js';
import { copyWarehouse, expectSameAnswers, refreshAll } from '../warehouse/engine-comparison.js';
import { openPgliteWarehouse } from '../warehouse/pglite-warehouse.js';
import { crashingPool } from './crashing-pool.js';
import { ingestFacts, readCore } from './fact-writer.js';
import { KEY, type ResolverUnderTest, useResolver } from './resolver-harness.js';
import { MINUTE, randomFrom, randomSessions, randomSightings, T0 } from './session-samples.js';

const log = createLog({ level: 'silent', format: 'json' });
const DAY = 86_400_000;
const AFTERWARDS = new Date(T0 + 2 * DAY);
/** Of one database on another day: what is old there is new here. */
const AGES = [0, 0, 3 * DAY, 17 * DAY];

const underTest = useResolver();
const reference = useResolver();
let timescale: { session: SqlSession; close(): Promise<void> };

beforeAll(async () => {
  timescale = await openPgliteWarehouse();
});
afterAll(() => timescale?.close());

/** The rows of core there, and rollups refreshed from them alone. */
async function copyToTimescale(pool: Pool): Promise<void> {
  const { session } = timescale;
  const sources = ['session_start', 'session_bucket_5m', 'session_bucket_1h', 'swap'];
  await session.query(`truncate ${sources.map((name) => `core.${name}`).join(', ')}`);
  for (const { name } of await readReleaseRollups()) {
    await session.query(`call public.refresh_continuous_aggregate('rollup.${name}', null, null)`);
  }
  await withSession(pool, (from) => copyWarehouse(from, session));
  for (const name of sources) {
    await session.query(`select work.mark_buckets('${name}', array(select distinct bucket_start from core.${name}))`);
  }
  await refreshAll(session, AFTERWARDS);
}

/** Rows that are compared: not the histories, nor what says when or how something was delivered. */
const isCompared = (relation: string): boolean =>
  relation.startsWith('rollup.') ||
  /^api\.(demand|service|failure|swap|gpu|session$|session_segment|session_swap|status_sample|attribution)/.test(
    relation,
  );

async function withSession<Result>(pool: Pool, work: (session: SqlSession) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    return await work(sessionOf(client));
  } finally {
    client.release();
  }
}

function worldOf(random: () => number) {
  const int = (limit: number) => Math.floor(random() * limit);
  const age = new Map<string, number>();
  const events = randomSessions(random).map((event) => {
    const shift = age.get(event.sessionKey) ?? AGES[int(AGES.length)] ?? 0;
    age.set(event.sessionKey, shift);
    return { ...event, eventAtMs: event.eventAtMs - shift, ownAtMs: event.ownAtMs && event.ownAtMs - shift };
  });
  const sightings = randomSightings(random).map((one) => ({
    ...one,
    observedAtMs: one.observedAtMs - (AGES[int(AGES.length)] ?? 0),
  }));
  return { events, sightings };
}

const spans = (random: () => number) => {
  const from = T0 - (AGES[Math.floor(random() * AGES.length)] ?? 0) - Math.floor(random() * 60) * MINUTE;
  return { from: new Date(from), to: new Date(from + Math.floor(1 + random() * 300) * MINUTE) };
};

/** One thing an operator or a worker does; it may end in the middle. */
async function act(under: ResolverUnderTest, random: () => number): Promise<boolean> {
  let left = random() < 0.5 ? Math.floor(random() * 40) : Number.POSITIVE_INFINITY;
  const isDue = () => {
    left -= 1;
    return left === -1;
  };
  const pool = crashingPool(under.pool, isDue);
  const ownerPool = crashingPool(under.ownerPool, isDue);
  const resolver = await createResolver({ pool: under.pool, publicIdKey: KEY, batchMarks: 7, log });
  const crashing = { ...resolver, drain: (await createResolver({ pool, publicIdKey: KEY, batchMarks: 7, log })).drain };
  const kind = Math.floor(random() * 6);
  try {
    if (kind < 3) await crashing.drain({ decidedAt: new Date(), concurrency: 1 + (kind % 2) });
    else if (kind === 3) await under.modes(crashing).repair(spans(random));
    else if (kind === 4) await rebuild({ ownerPool, publicIdKey: KEY, decidedAt: new Date(), log });
    else await refreshAlone({ ownerPool: under.ownerPool, asOf: AFTERWARDS, log });
    return false;
  } catch (error) {
    if (left >= 0) throw error;
    return true;
  }
}

describe('late events and late reports', () => {
  it('heal to what a rebuild makes of all of them, through crashes in any mode, on both engines [FACT-002, PARITY-002]', async () => {
    const under = underTest();
    const expected = reference();
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 6 }), async (seed, batches) => {
        await Promise.all([under.empty(), expected.empty()]);
        const random = randomFrom(seed);
        const { events, sightings } = worldOf(random);
        const deliveries = [...events, ...events.filter(() => random() < 0.2)].sort(() => random() - 0.5);
        const reports = [...sightings].sort(() => random() - 0.5);
        for (let batch = 0; batch < batches; batch += 1) {
          const part = <T>(all: readonly T[]) => all.filter((_, index) => index % batches === batch);
          await ingestFacts(under.admin, part(deliveries), part(reports));
          for (let acts = Math.floor(random() * 3); acts > 0; acts -= 1) crashes += Number(await act(under, random));
        }
        await under.drain();
        await ingestFacts(expected.admin, events, sightings);
        await expected.rebuild();
        expect(await readCore(under.admin)).toEqual(await readCore(expected.admin));
        await copyToTimescale(under.admin);
        await refreshAlone({ ownerPool: expected.ownerPool, asOf: AFTERWARDS, log });
        await withSession(expected.admin, async (rebuilt) => {
          const same = (other: SqlSession) => expectSameAnswers(rebuilt, other, isCompared);
          await withSession(under.admin, (healed) => expectLiveAnswers(rebuilt, healed));
          await refreshAlone({ ownerPool: under.ownerPool, asOf: AFTERWARDS, log });
          await withSession(under.admin, same);
          await same(timescale.session);
        });
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 4), endOnFailure: true },
    );
    expect(crashes).toBeGreaterThan(0);
  }, 600_000);

  it('mark exactly the buckets whose rows change', async () => {
    const { admin, ownerPool, empty, drain } = underTest();
    const sources = {
      service_5m: 'session_bucket_5m',
      service_1h: 'session_bucket_1h',
      demand_5m: 'session_start',
      failure_5m: 'session_start',
      swap_5m: 'swap',
    };
    const rowsOf = async (table: string) => {
      const { rows } = await admin.query<{ row: string; at: Date }>(
        `select to_jsonb(t)::text as row, bucket_start as at from core.${table} as t`,
      );
      return new Map(rows.map(({ row, at }) => [row, at.getTime()]));
    };
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, isReport) => {
        await empty();
        const random = randomFrom(seed);
        const { events, sightings } = worldOf(random);
        const lateEvent = events[Math.floor(random() * events.length)];
        await ingestFacts(
          admin,
          events.filter((event) => isReport || event !== lateEvent),
          isReport ? sightings.slice(1) : sightings,
        );
        await drain();
        await refreshAlone({ ownerPool, asOf: AFTERWARDS, log });
        expect((await admin.query('select from work.bucket_mark')).rowCount).toBe(0);
        const before = await Promise.all(Object.values(sources).map(rowsOf));
        await ingestFacts(admin, lateEvent === undefined || isReport ? [] : [lateEvent], sightings);
        await drain();
        const after = await Promise.all(Object.values(sources).map(rowsOf));
        for (const [index, rollup] of Object.keys(sources).entries()) {
          const [was, is] = [before[index] ?? new Map(), after[index] ?? new Map()];
          const changed = [...was, ...is].flatMap(([row, at]) => (was.has(row) && is.has(row) ? [] : [at]));
          const { rows } = await admin.query<{ at: Date }>(
            'select distinct bucket_start as at from work.bucket_mark where rollup = $1',
            [rollup],
          );
          const marked = rows.map(({ at }) => at.getTime());
          expect(new Set(marked), rollup).toEqual(new Set(changed));
        }
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 6) },
    );
  }, 600_000);
});

/** Answers before the stored rollups of `healed` are refreshed: live where buckets are marked. */
async function expectLiveAnswers(rebuilt: SqlSession, healed: SqlSession): Promise<void> {
  await expectSameAnswers(
    rebuilt,
    healed,
    (relation) => isCompared(relation) && !/^rollup\.\w+_\d+[mhd]$/.test(relation),
  );
}
