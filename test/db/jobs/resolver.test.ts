import fc from 'fast-check';
import type { Pool } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ingestFacts, readCore } from './fact-writer.js';
import { type ResolverUnderTest, useResolver } from './resolver-harness.js';
import {
  ADDRESSES,
  HOT_KEYS,
  longStream,
  MINUTE,
  randomFrom,
  randomSessions,
  randomSightings,
  request,
  sighting,
  status,
  T0,
} from './session-samples.js';

const underTest = useResolver();
let admin: Pool;
let empty: ResolverUnderTest['empty'];
let drain: ResolverUnderTest['drain'];
let rebuild: ResolverUnderTest['rebuild'];
let modes: ResolverUnderTest['modes'];

beforeAll(() => {
  ({ admin, empty, drain, rebuild, modes } = underTest());
});
beforeEach(() => empty());

describe('resolve', () => {
  it('turns a marked session into rows, and resolving it again changes and marks nothing', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await drain();
    const core = await readCore(admin);
    expect(core.session).toHaveLength(1);
    expect(core.session_bucket_5m?.length).toBeGreaterThanOrEqual(3);
    const { rows } = await admin.query('select orchestrator_address, attribution_outcome, model from core.session');
    expect(rows).toEqual([
      { orchestrator_address: ADDRESSES[0], attribution_outcome: 'resolved', model: 'streamdiffusion-sdxl' },
    ]);
    const marked = await admin.query('select distinct rollup from work.bucket_mark order by 1');
    expect(marked.rows.map((row) => row.rollup)).toEqual([
      'demand_1d',
      'demand_1h',
      'demand_5m',
      'failure_1d',
      'failure_1h',
      'failure_5m',
      'service_1d',
      'service_1h',
      'service_5m',
    ]);
    await admin.query('truncate work.bucket_mark');
    await admin.query(`insert into work.session_mark (shard, org, session_key, slice_start)
      select 5, org, session_key, slice_start from core.session_slice`);
    await drain();
    expect(await readCore(admin)).toEqual(core);
    expect((await admin.query('select from work.bucket_mark')).rowCount).toBe(0);
    expect((await admin.query('select from core.decision')).rowCount).toBe(1);
  });

  it('marks exactly the buckets that a late event changes', async () => {
    await ingestFacts(admin, longStream(60), [sighting(0, T0 - MINUTE)]);
    await drain();
    await admin.query('truncate work.bucket_mark');
    await ingestFacts(admin, [status(T0 + 31 * MINUTE + 500, 'late', 0)]);
    await drain();
    const { rows } = await admin.query<{ rollup: string; bucket_start: Date }>(
      `select distinct rollup, bucket_start from work.bucket_mark where rollup = 'service_5m' order by 2`,
    );
    expect(rows.map((row) => row.bucket_start.toISOString())).toEqual(['2026-01-08T12:30:00.000Z']);
    const demand = await admin.query(`select from work.bucket_mark where rollup like 'demand%'`);
    expect(demand.rowCount).toBe(0);
  });

  it('marks the old and the new bucket of a start that a late event moves', async () => {
    await ingestFacts(admin, longStream(12), [sighting(0, T0 - MINUTE)]);
    await drain();
    await admin.query('truncate work.bucket_mark');
    await ingestFacts(admin, [request(T0 - 4 * MINUTE, 'earlier')]);
    await drain();
    const { rows } = await admin.query<{ bucket_start: Date }>(
      `select distinct bucket_start from work.bucket_mark where rollup = 'demand_5m' order by 1`,
    );
    expect(rows.map((row) => row.bucket_start.toISOString())).toEqual([
      '2026-01-08T11:55:00.000Z',
      '2026-01-08T12:00:00.000Z',
    ]);
    expect((await admin.query('select from core.session_start')).rowCount).toBe(1);
  });

  it('gives tail, bootstrap and repair identical rows for any order, batching and repetition', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), async (seed, batches) => {
        await empty();
        const random = randomFrom(seed);
        const events = randomSessions(random);
        const sightings = randomSightings(random);
        const deliveries = [...events, ...events.filter(() => random() < 0.2)].sort(() => random() - 0.5);
        const reports = [...sightings].sort(() => random() - 0.5);
        for (let batch = 0; batch < batches; batch += 1) {
          const part = <T>(all: readonly T[]) => all.filter((_, index) => index % batches === batch);
          await ingestFacts(admin, part(deliveries), part(reports));
          if (random() < 0.7) await drain(random() < 0.5 ? 2 : 1);
        }
        await drain();
        const tail = await readCore(admin);
        expect((await admin.query('select from work.session_mark')).rowCount).toBe(0);
        expect((await admin.query('select from core.decision where superseded_at is null')).rowCount).toBe(
          tail.segment?.length,
        );
        const repair = await modes().repair({ from: new Date(T0 - 86_400_000), to: new Date(T0 + 86_400_000) });
        expect(repair.sessionCount).toBeGreaterThan(0);
        expect(await readCore(admin)).toEqual(tail);
        await rebuild();
        expect(await readCore(admin)).toEqual(tail);
        await empty();
        await ingestFacts(admin, events, sightings);
        await modes().auto({ follow: false });
        expect(await readCore(admin)).toEqual(tail);
      }),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 6), examples: [[597244467, 1]] },
    );
  });

  it('re-attributes sessions from stored slices when a snapshot comes late, without reading events [FACT-001]', async () => {
    await ingestFacts(admin, longStream(20));
    await drain();
    const before = await admin.query('select attribution_outcome from core.session');
    expect(before.rows).toEqual([{ attribution_outcome: 'unresolved' }]);
    await admin.query('truncate fact.session_event');
    await ingestFacts(admin, [], [sighting(0, T0 + MINUTE)]);
    const report = await drain();
    expect(report).toMatchObject({ sightingCount: 1, sessionCount: 1, eventCount: 0 });
    const after = await admin.query('select attribution_outcome, orchestrator_address from core.session');
    expect(after.rows).toEqual([{ attribution_outcome: 'resolved', orchestrator_address: ADDRESSES[0] }]);
    const decisions = await admin.query(
      'select outcome, superseded_at is null as is_current from core.decision order by decision_id',
    );
    expect(decisions.rows).toEqual([
      { outcome: 'unresolved', is_current: false },
      { outcome: 'resolved', is_current: true },
    ]);
  });

  it('reads at most 14 slices for one more event of a stream of 24 hours', async () => {
    await ingestFacts(admin, longStream(24 * 60), [sighting(0, T0 - MINUTE)]);
    await drain();
    expect((await admin.query('select from core.session_slice')).rowCount).toBeGreaterThan(280);
    await ingestFacts(admin, [status(T0 + 24 * 60 * MINUTE + 5_000, 'one-more', 0)]);
    const report = await drain();
    expect(report).toMatchObject({ sessionCount: 1, eventCount: 1 });
    expect(report.sliceCount).toBeLessThanOrEqual(14);
    const tail = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(tail);
  });

  it('knows every node of an orchestrator when one more event has the whole session judged again [FACT-002]', async () => {
    const nodes = ['a', 'b', 'c'].map((node) => `https://node-${node}.example.com:8935`);
    const bare = { gateway: '', orchAddress: '' };
    // the nodes take turns in the first hour: the prefix keeps the runs of the first one only
    const stream = longStream(5 * 60, 0, bare).map((event, index) =>
      event.isSample ? { ...event, orchUrl: nodes[index < 360 ? Math.floor(index / 60) % 3 : 0] ?? '' } : event,
    );
    const sightings = nodes.map((uri) => sighting(0, T0 - MINUTE, { uri, localAddress: '', eventId: uri }));
    await ingestFacts(admin, stream, sightings);
    await drain();
    // its gateway gives the one segment another grain, from its beginning on
    const named = { orchUrl: nodes[0] ?? '', orchAddress: '' };
    await ingestFacts(admin, [status(T0 + 5 * 60 * MINUTE + 5_000, 'names its gateway', 0, named)]);
    expect((await drain()).sliceCount).toBeGreaterThan(60);
    const { segment, swap } = await readCore(admin);
    expect(segment).toHaveLength(1);
    expect(swap).toEqual([]);
    const tail = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(tail);
  });

  it('keeps a mark that is set while its session is being resolved', async () => {
    await ingestFacts(admin, longStream(3), [sighting(0, T0 - MINUTE)]);
    const client = await admin.connect();
    let draining: Promise<unknown>;
    try {
      // the resolver has taken the marks and waits for the segment table when the second event comes
      await client.query('begin; lock table core.segment in share mode');
      draining = drain();
      for (;;) {
        const waiting = await admin.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%core.segment%' and datname = current_database()`,
        );
        if (waiting.rowCount !== 0) break;
      }
      await ingestFacts(admin, [status(T0 + 3 * MINUTE + 5_000, 'meanwhile', 0)]);
      await client.query('commit');
    } finally {
      client.release();
    }
    await draining;
    await drain();
    const { rows } = await admin.query('select status_sample_count from core.session');
    expect(rows).toEqual([{ status_sample_count: 19 }]);
    const tail = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(tail);
  });

  it('leaves a session that began before the raw floor as it is, except for what its prefix continues', async () => {
    const stream = longStream(5 * 60);
    await ingestFacts(admin, stream, [sighting(0, T0 - MINUTE)]);
    await drain();
    const floor = new Date(T0 + 58 * MINUTE);
    await admin.query(`update work.floor set raw_floor = $1`, [floor]);
    await admin.query('delete from fact.session_event where event_at < $1', [floor]);
    await admin.query('delete from core.session_slice where slice_start < $1', [floor]);
    const before = await readCore(admin);
    await rebuild();
    expect(await readCore(admin)).toEqual(before);
    await ingestFacts(admin, [status(T0 + 5 * 60 * MINUTE, 'newest', 0)]);
    await drain();
    const { rows } = await admin.query('select status_sample_count from core.session');
    expect(rows).toEqual([{ status_sample_count: 5 * 60 * 6 + 1 }]);
  });
});

describe('capability runs', () => {
  const readRuns = async () => (await readCore(admin)).capability_run;
  /** Everything that follows from sightings alone. */
  const readSighted = async () => {
    const { capability_run, capability_gpu, orchestrator_alias, orchestrator_gpu } = await readCore(admin);
    return { capability_run, capability_gpu, orchestrator_alias, orchestrator_gpu };
  };

  it('and the GPUs and aliases beside them follow from the set of sightings, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        // one content per event: the first that is committed under an id stays
        fc.uniqueArray(
          fc.record({
            minute: fc.integer({ min: 0, max: 12 }),
            model: fc.constantFrom('x', 'y'),
            gpuUuid: fc.constantFrom('', 'GPU-1', 'GPU-2'),
            localAddress: fc.constantFrom(HOT_KEYS[0] ?? '', 'name'),
            id: fc.integer({ min: 0, max: 2 }),
          }),
          {
            minLength: 1,
            selector: ({ minute, id }) => `${minute}-${id}`,
            maxLength: 14,
          },
        ),
        async (drawn) => {
          await empty();
          for (const { minute, id, ...content } of drawn) {
            const one = sighting(0, T0 + minute * MINUTE, { ...content, eventId: `${minute}-${id}` });
            await ingestFacts(admin, [], [one]);
            if (id !== 1) await drain();
            if (id === 2) await ingestFacts(admin, [], [one]);
          }
          await drain();
          const incremental = await readSighted();
          await rebuild();
          expect(incremental).toEqual(await readSighted());
        },
      ),
      { numRuns: Number(process.env.NAAP_PROPERTY_RUNS ?? 15) },
    );
  });

  it('merge across a removed difference and split around a different report', async () => {
    await ingestFacts(admin, [], [sighting(0, T0), sighting(0, T0 + 10 * MINUTE)]);
    await drain();
    expect(await readRuns()).toHaveLength(1);
    await ingestFacts(admin, [], [sighting(0, T0 + 5 * MINUTE, { model: 'other' })]);
    await drain();
    expect(await readRuns()).toHaveLength(3);
  });
});
